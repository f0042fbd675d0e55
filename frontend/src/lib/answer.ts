/**
 * A whole answer in the making: the order, and beside it strengths, ratings and flags. Pure: knows no page.
 * Its JSON is the shape that drafts, the API and exports share; a part that nobody said is null, never a default.
 */
import { Ranking, type Order } from "./ranking";

export const STRENGTHS = ["slight", "clear", "strong"] as const;
export type Strength = (typeof STRENGTHS)[number];

export interface Asked {
  /** the best so many are ordered and the rest may stay below; null: a full order */
  topM: number | null;
  strength: boolean;
  dimensions: readonly string[];
}

export interface Flag {
  kind: string;
  completion: number | null;
}

export interface AnswerJson extends Order {
  strengths: (Strength | null)[];
  ratings: Record<string, (number | null)[]>;
  flags: Flag[];
}

export type Missing = { why: "unplaced"; indexes: number[] } | { why: "too_few"; ordered: number };

export class Answer {
  readonly order: Ranking;
  private readonly strengths = new Map<string, Strength>();
  private readonly ratings = new Map<string, number>();
  private flags: Flag[] = [];

  constructor(
    private readonly indexes: readonly number[],
    readonly asked: Asked,
  ) {
    this.order = new Ranking(indexes);
  }

  /** What the page has to ask for before this can be sent; null: it can. */
  missing(): Missing | null {
    const indexes = this.order.unplaced;
    if (indexes.length > 0) return { why: "unplaced", indexes };
    const ordered = this.order.groups.flat().length;
    const few = this.order.unranked.length > 0 && ordered < (this.asked.topM ?? 0);
    return few ? { why: "too_few", ordered } : null;
  }

  /** Whether the answers not placed may be left below the order now. */
  get mayLeaveRest(): boolean {
    const { topM } = this.asked;
    return topM !== null && this.order.groups.flat().length >= topM;
  }

  leaveRest(): number[] {
    const rest = this.order.unplaced;
    for (const index of rest) this.order.leaveBelow(index);
    return rest;
  }

  /** How much better the group above boundary `at` is than the one below it. */
  strengthAt(at: number): Strength | null {
    return this.strengths.get(this.boundary(at)) ?? null;
  }

  /** Say it, or take it back where the same is said again. The words stay with these two groups of answers. */
  setStrength(at: number, strength: Strength): Strength | null {
    const key = this.boundary(at);
    if (this.strengths.get(key) === strength) this.strengths.delete(key);
    else this.strengths.set(key, strength);
    return this.strengthAt(at);
  }

  /** None, slight, clear, strong, and none again. */
  stepStrength(at: number): Strength | null {
    const now = this.strengthAt(at);
    const next = now === null ? STRENGTHS[0] : STRENGTHS[STRENGTHS.indexOf(now) + 1];
    if (next) return this.setStrength(at, next);
    this.strengths.delete(this.boundary(at));
    return null;
  }

  rating(dimension: string, index: number): number | null {
    return this.ratings.get(`${dimension}.${index}`) ?? null;
  }

  rate(dimension: string, index: number, value: number | null): void {
    if (value === null) this.ratings.delete(`${dimension}.${index}`);
    else this.ratings.set(`${dimension}.${index}`, value);
  }

  hasFlag(kind: string, completion: number | null): boolean {
    return this.flags.some((flag) => flag.kind === kind && flag.completion === completion);
  }

  setFlag(kind: string, completion: number | null, on: boolean): void {
    this.flags = this.flags.filter((flag) => flag.kind !== kind || flag.completion !== completion);
    if (on) this.flags.push({ kind, completion });
  }

  flagsOf(completion: number | null): number {
    return this.flags.filter((flag) => flag.completion === completion).length;
  }

  toJSON(): AnswerJson {
    const { groups, unranked, unacceptable } = this.order;
    const strengths = groups.slice(1).map((_, at) => this.strengthAt(at));
    return {
      groups,
      unranked,
      unacceptable,
      strengths: strengths.some(Boolean) ? strengths : [],
      ratings: Object.fromEntries(this.asked.dimensions.flatMap((name) => this.row(name))),
      flags: this.flags,
    };
  }

  /** Take over an answer; false, and nothing changed, where it is not one of these completions. */
  take(json: Partial<AnswerJson>): boolean {
    const { groups = [], unranked = [], unacceptable = [] } = json;
    if (!this.order.take({ groups, unranked, unacceptable })) return false;
    this.strengths.clear();
    this.ratings.clear();
    json.strengths?.forEach((strength, at) => strength && this.setStrength(at, strength));
    for (const name of this.asked.dimensions) {
      json.ratings?.[name]?.forEach((value, index) => this.rate(name, index, value));
    }
    this.flags = (json.flags ?? []).map((flag) => ({ ...flag }));
    return true;
  }

  private row(name: string): [string, (number | null)[]][] {
    const row = [...this.indexes].sort((a, b) => a - b).map((index) => this.rating(name, index));
    return row.some((value) => value !== null) ? [[name, row]] : [];
  }

  private boundary(at: number): string {
    const name = (group: number[] | undefined): string => [...(group ?? [])].sort((a, b) => a - b).join();
    return `${name(this.order.groups[at])}>${name(this.order.groups[at + 1])}`;
  }
}
