/**
 * The order that a person builds: groups of tied answers, those left below them, unacceptable ones, and those not
 * placed. Pure: knows no page. Every answer is in exactly one of the four places; nothing is placed by itself.
 */
export type Zone = "unplaced" | "ranked" | "unranked" | "unacceptable";

export interface Order {
  groups: number[][];
  unranked: number[];
  unacceptable: number[];
}

export interface Ranked {
  index: number;
  rank: number;
  /** shares the rank of the one before it */
  tied: boolean;
  /** shares its rank with another */
  shared: boolean;
}

export class Ranking {
  groups: number[][] = [];
  unranked: number[] = [];
  unacceptable: number[] = [];

  constructor(readonly indexes: readonly number[]) {}

  /** What is not placed, in the order in which it was shown. */
  get unplaced(): number[] {
    const placed = new Set([...this.groups.flat(), ...this.unranked, ...this.unacceptable]);
    return this.indexes.filter((index) => !placed.has(index));
  }

  get complete(): boolean {
    return this.unplaced.length === 0;
  }

  zoneOf(index: number): Zone {
    if (this.unacceptable.includes(index)) return "unacceptable";
    if (this.unranked.includes(index)) return "unranked";
    return this.groupOf(index) >= 0 ? "ranked" : "unplaced";
  }

  /** The ranked answers, best first. */
  order(): Ranked[] {
    return this.groups.flatMap((group, at) =>
      group.map((index, within) => ({ index, rank: at + 1, tied: within > 0, shared: group.length > 1 })),
    );
  }

  /** Put an answer last in the order, in a group of its own. */
  place(index: number): void {
    this.takeBack(index);
    this.groups.push([index]);
  }

  refuse(index: number): void {
    this.takeBack(index);
    this.unacceptable.push(index);
  }

  /** Leave an answer below every group, compared with none of its neighbours there. */
  leaveBelow(index: number): void {
    this.takeBack(index);
    this.unranked.push(index);
  }

  takeBack(index: number): void {
    const without = (list: number[]): number[] => list.filter((other) => other !== index);
    this.groups = this.groups.map(without).filter((group) => group.length > 0);
    this.unranked = without(this.unranked);
    this.unacceptable = without(this.unacceptable);
  }

  /** One step better: out of a tie it goes above the others, else above the group before. */
  up(index: number): boolean {
    const at = this.groupOf(index);
    const group = this.groups[at];
    if (!group || (group.length === 1 && at === 0)) return false;
    this.takeBack(index);
    this.groups.splice(group.length > 1 ? at : at - 1, 0, [index]);
    return true;
  }

  down(index: number): boolean {
    const at = this.groupOf(index);
    const group = this.groups[at];
    if (!group || (group.length === 1 && at === this.groups.length - 1)) return false;
    this.takeBack(index);
    this.groups.splice(at + 1, 0, [index]);
    return true;
  }

  /** Tie an answer with the group above it; a tied answer becomes a group of its own below the others. */
  tie(index: number): boolean {
    const at = this.groupOf(index);
    const group = this.groups[at];
    if (!group) return false;
    if (group.length > 1) {
      this.takeBack(index);
      this.groups.splice(at + 1, 0, [index]);
      return true;
    }
    const above = this.groups[at - 1];
    if (!above) return false;
    this.groups.splice(at - 1, 2, [...above, index]);
    return true;
  }

  /** Put an answer where it was dropped: before the answer `next`, inside a tie if both neighbours share one. */
  drop(index: number, previous: number | null, next: number | null): void {
    this.takeBack(index);
    const before = next === null ? -1 : this.groupOf(next);
    const after = previous === null ? -1 : this.groupOf(previous);
    const group = this.groups[before];
    if (group && before === after && next !== null) group.splice(group.indexOf(next), 0, index);
    else if (before >= 0) this.groups.splice(before, 0, [index]);
    else this.groups.push([index]);
  }

  /** Take over an order; false, and nothing changed, where it names other answers or one of them twice. */
  take(order: Order): boolean {
    const named = [...order.groups.flat(), ...order.unranked, ...order.unacceptable];
    const known = named.every((index) => this.indexes.includes(index));
    if (!known || new Set(named).size !== named.length) return false;
    this.groups = order.groups.filter((group) => group.length > 0).map((group) => [...group]);
    this.unranked = [...order.unranked];
    this.unacceptable = [...order.unacceptable];
    return true;
  }

  private groupOf(index: number): number {
    return this.groups.findIndex((group) => group.includes(index));
  }
}
