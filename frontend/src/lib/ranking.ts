/**
 * The ranking that a person builds: ordered groups of tied answers, unacceptable ones, and those not placed.
 * Pure: knows no page. Every answer is in exactly one of the three places; nothing is placed by itself.
 */
export class Ranking {
  groups: number[][] = [];
  unacceptable: number[] = [];
  unplaced: number[];

  constructor(indexes: readonly number[]) {
    this.unplaced = [...indexes];
  }

  get complete(): boolean {
    return this.unplaced.length === 0;
  }

  zoneOf(index: number): "ranked" | "unacceptable" | "unplaced" {
    if (this.unplaced.includes(index)) return "unplaced";
    return this.unacceptable.includes(index) ? "unacceptable" : "ranked";
  }

  /** The ranked answers in order; `tied` says that an answer shares the rank of the one before it. */
  order(): { index: number; rank: number; tied: boolean; shared: boolean }[] {
    return this.groups.flatMap((group, at) =>
      group.map((index, within) => ({ index, rank: at + 1, tied: within > 0, shared: group.length > 1 })),
    );
  }

  /** Put an answer last in the order, in a group of its own. */
  place(index: number): void {
    this.remove(index);
    this.groups.push([index]);
  }

  refuse(index: number): void {
    this.remove(index);
    this.unacceptable.push(index);
  }

  takeBack(index: number): void {
    this.remove(index);
    this.unplaced.push(index);
  }

  /** One step better: out of a tie it goes above the others, else above the group before. */
  up(index: number): boolean {
    const at = this.groupOf(index);
    const group = this.groups[at];
    if (!group) return false;
    if (group.length === 1 && at === 0) return false;
    this.remove(index);
    this.groups.splice(group.length >= 1 && this.groups[at] === group ? at : at - 1, 0, [index]);
    return true;
  }

  down(index: number): boolean {
    const at = this.groupOf(index);
    const group = this.groups[at];
    if (!group) return false;
    if (group.length === 1 && at === this.groups.length - 1) return false;
    this.remove(index);
    this.groups.splice(at + 1, 0, [index]);
    return true;
  }

  /** Tie an answer with the group above it; a tied answer becomes a group of its own below the others. */
  tie(index: number): "tied" | "untied" | "alone" {
    const at = this.groupOf(index);
    const group = this.groups[at];
    if (!group) return "alone";
    if (group.length > 1) {
      this.remove(index);
      this.groups.splice(at + 1, 0, [index]);
      return "untied";
    }
    const above = this.groups[at - 1];
    if (!above) return "alone";
    this.remove(index);
    above.push(index);
    return "tied";
  }

  /** Put an answer where it was dropped: before the answer `next`, inside a tie if both neighbours share one. */
  drop(index: number, previous: number | null, next: number | null): void {
    this.remove(index);
    const before = next === null ? -1 : this.groupOf(next);
    const after = previous === null ? -1 : this.groupOf(previous);
    const group = this.groups[before];
    if (group && before === after && next !== null) group.splice(group.indexOf(next), 0, index);
    else if (before >= 0) this.groups.splice(before, 0, [index]);
    else this.groups.push([index]);
  }

  private groupOf(index: number): number {
    return this.groups.findIndex((group) => group.includes(index));
  }

  private remove(index: number): void {
    const without = (list: number[]): number[] => list.filter((other) => other !== index);
    for (const group of this.groups) {
      const at = group.indexOf(index);
      if (at >= 0) group.splice(at, 1);
    }
    this.groups = this.groups.filter((group) => group.length > 0);
    this.unacceptable = without(this.unacceptable);
    this.unplaced = without(this.unplaced);
  }
}
