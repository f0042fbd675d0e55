import { Controller } from "@hotwired/stimulus";
import { applyAct, boundaryAbove } from "../lib/acts";
import { Answer, type AnswerJson, type Strength } from "../lib/answer";
import { Board, indexOf } from "../lib/board";
import { History } from "../lib/history";
import { t } from "../lib/i18n";
import { flagOf, ratingOf, readFields, writeFields } from "../lib/ranking_fields";
import { inALine, nameOf, strengthSaid, whatIsMissing, whereIs } from "../lib/ranking_words";

/**
 * The ranking of one item: what is said so far, every act on it, undo, and the form that carries it.
 * It never sends by itself: a submit is told as `ranking:submit`, and posts as a plain form where nobody takes it.
 *
 * Hears  ranking:act {act, index | place}   ranking:dropped {index, zone, previous, next}
 *        ranking:restore {answer, note}     ranking:refused {problems}
 * Tells  ranking:changed {lease, answer, note}   ranking:submit {lease, url, body, form}   ranking:picked {index}
 *
 *   <div data-controller="ranking" data-ranking-lease-value="…">…<li data-ranking-target="card" data-index="2" data-place="1">
 */
export interface Act {
  act: string;
  index?: number | null;
  place?: number;
}

export interface Dropped {
  index: number;
  zone: string;
  previous: number | null;
  next: number | null;
}

export default class extends Controller<HTMLElement> {
  static override targets = [
    "form", "problem", "card", "row", "ranked", "unplaced", "unranked", "unacceptable", "left", "status", "live", "note",
    "noteBox", "undo", "redo", "rest", "chips", "chipsName", "start",
  ];
  static override values = { lease: String, url: String, top: Number, strength: Boolean, dimensions: String };

  declare readonly leaseValue: string;
  declare readonly urlValue: string;
  declare readonly topValue: number;
  declare readonly strengthValue: boolean;
  declare readonly dimensionsValue: string;
  declare readonly formTarget: HTMLFormElement;
  declare readonly problemTarget: HTMLElement;
  declare readonly cardTargets: HTMLElement[];
  declare readonly rowTargets: HTMLElement[];
  declare readonly rankedTarget: HTMLElement;
  declare readonly unplacedTarget: HTMLElement;
  declare readonly hasUnrankedTarget: boolean;
  declare readonly unrankedTarget: HTMLElement;
  declare readonly unacceptableTarget: HTMLElement;
  declare readonly leftTarget: HTMLElement;
  declare readonly statusTarget: HTMLElement;
  declare readonly liveTarget: HTMLElement;
  declare readonly noteTarget: HTMLTextAreaElement;
  declare readonly noteBoxTarget: HTMLDetailsElement;
  declare readonly undoTarget: HTMLButtonElement;
  declare readonly redoTarget: HTMLButtonElement;
  declare readonly hasRestTarget: boolean;
  declare readonly restTarget: HTMLElement;
  declare readonly chipsTarget: HTMLElement;
  declare readonly chipsNameTarget: HTMLElement;
  declare readonly startTarget: HTMLElement;

  private answer!: Answer;
  private board!: Board;
  private history!: History<AnswerJson>;
  private picked: number | null = null;

  override connect(): void {
    this.board = new Board(this.element, this.cardTargets, this.rowTargets, {
      ranked: this.rankedTarget,
      unplaced: this.unplacedTarget,
      unacceptable: this.unacceptableTarget,
      ...(this.hasUnrankedTarget ? { unranked: this.unrankedTarget } : {}),
    });
    const dimensions = this.dimensionsValue.split(" ").filter(Boolean);
    this.answer = new Answer(this.board.indexes, { topM: this.topValue || null, strength: this.strengthValue, dimensions });
    this.answer.take(readFields(this.formTarget, this.answer, this.board.indexes));
    this.history = new History(this.answer.toJSON());
    this.noteBoxTarget.open = this.noteTarget.value !== "";
    this.element.classList.add("is-ready");
    this.show();
  }

  // --- what people do ------------------------------------------------------------------------------------

  choose(event: MouseEvent): void {
    const index = this.indexAt(event);
    if (this.answer.order.zoneOf(index) === "unplaced") this.act("place", index);
    else this.pick(index);
  }

  tool(event: MouseEvent): void {
    const button = event.currentTarget as HTMLElement;
    this.act(button.dataset["act"]!, this.indexAt(event), button.dataset["strength"] as Strength);
  }

  onAct(event: CustomEvent<Act>): void {
    const { act, index = null, place } = event.detail;
    if (act === "number") return this.number(this.board.atPlace(place ?? 0));
    if (act === "submit") return this.formTarget.requestSubmit();
    if (act === "undo") return this.undo();
    if (act === "redo") return this.redo();
    if (act === "rest") return this.leaveRest();
    if (act === "note") return this.openNote();
    const target = index ?? this.picked;
    if (target !== null) this.act(act, target);
  }

  onDrop(event: CustomEvent<Dropped>): void {
    const { index, zone, previous, next } = event.detail;
    if (zone === "ranked") this.answer.order.drop(index, previous, next);
    else if (zone === "unacceptable") this.answer.order.refuse(index);
    else if (zone === "unranked") this.answer.order.leaveBelow(index);
    else this.answer.order.takeBack(index);
    this.picked = zone === "unplaced" ? null : index;
    this.changed(this.told(index));
  }

  rate(event: Event): void {
    const radio = event.currentTarget as HTMLInputElement;
    const { dimension, index } = ratingOf(radio);
    const again = this.answer.rating(dimension, index) === Number(radio.value);
    this.answer.rate(dimension, index, again ? null : Number(radio.value));
    this.changed(again ? t("ranking.rating_cleared") : "");
  }

  flag(event: Event): void {
    const input = event.currentTarget as HTMLInputElement;
    const { kind, completion } = flagOf(input);
    this.answer.setFlag(kind, completion, input.checked);
    this.changed("");
  }

  noted(): void {
    this.tellChange();
  }

  leaveRest(): void {
    if (!this.answer.mayLeaveRest) return this.say(t("ranking.order_first", { m: this.topValue }));
    const n = this.answer.leaveRest().length;
    if (n > 0) this.changed(t("ranking.left_below", { n }));
  }

  undo(): void {
    this.goTo(this.history.undo(), "ranking.undone", "ranking.nothing_to_undo");
  }

  redo(): void {
    this.goTo(this.history.redo(), "ranking.redone", "ranking.nothing_to_redo");
  }

  private goTo(state: AnswerJson | null, done: string, nothing: string): void {
    if (state === null) return this.say(t(nothing));
    this.answer.take(state);
    this.showAnd(`${t(done)} ${this.progress()}`);
    this.tellChange();
  }

  private number(index: number | null): void {
    if (index === null) return;
    if (this.answer.order.zoneOf(index) === "unplaced") this.act("place", index);
    else this.pick(index);
    this.dispatch("picked", { detail: { index } });
    this.board.row(index).focus();
  }

  private pick(index: number): void {
    this.picked = index;
    this.showAnd(`${nameOf(this.board.placeOf(index))}: ${t("ranking.picked")} ${whereIs(this.answer, index)}`);
  }

  private act(act: string, index: number, strength?: Strength): void {
    const refusal = applyAct(this.answer, act, index, strength);
    if (refusal === null) return;
    const placed = this.answer.order.zoneOf(index) !== "unplaced";
    if (refusal) return this.say(`${nameOf(this.board.placeOf(index))}: ${refusal}`);
    this.picked = placed ? index : this.picked === index ? null : this.picked;
    this.changed(act.startsWith("strength") ? this.strengthTold(index) : this.told(index));
  }

  private openNote(): void {
    this.noteBoxTarget.open = true;
    this.dispatch("picked", { detail: { index: null } });
    this.noteTarget.focus();
  }

  // --- what people see and hear --------------------------------------------------------------------------

  private changed(told: string): void {
    this.history.push(this.answer.toJSON());
    this.showAnd(told);
    this.tellChange();
  }

  private showAnd(told: string): void {
    const active = document.activeElement;
    this.show();
    if (active instanceof HTMLElement && this.element.contains(active)) this.keepFocus(active);
    if (told) this.say(told);
  }

  /** A row that moved, or a button that is not for this place, lost the focus: give it back, or to its row. */
  private keepFocus(active: HTMLElement): void {
    const row = active.closest<HTMLElement>("[data-ranking-target~=row]");
    if (active.checkVisibility() && !active.matches(":disabled")) active.focus({ preventScroll: true });
    else (row ?? this.startTarget).focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  }

  private show(): void {
    this.board.show(this.answer, this.picked);
    writeFields(this.formTarget, this.answer, this.board.indexes);
    const left = this.answer.order.unplaced.length;
    const complete = this.answer.missing() === null;
    this.leftTarget.textContent = left ? String(left) : "";
    this.undoTarget.disabled = !this.history.canUndo;
    this.redoTarget.disabled = !this.history.canRedo;
    if (this.hasRestTarget) this.restTarget.hidden = left === 0 || !this.answer.mayLeaveRest;
    this.element.classList.toggle("is-complete", complete);
    const line = inALine(this.answer, this.board.placeOf);
    this.chipsTarget.textContent = line || t("ranking.order");
    this.chipsNameTarget.textContent = line ? `${t("ranking.order")}: ` : "";
    this.statusTarget.textContent = this.progress();
    if (complete) this.problemTarget.hidden = true;
  }

  private progress(): string {
    const k = this.board.indexes.length;
    return t("ranking.progress", { placed: k - this.answer.order.unplaced.length, k });
  }

  private told(index: number): string {
    const all = this.answer.missing() === null ? ` ${t("ranking.all_placed")}` : "";
    return `${nameOf(this.board.placeOf(index))}: ${whereIs(this.answer, index)}${all}`;
  }

  private strengthTold(index: number): string {
    return strengthSaid(this.answer.strengthAt(boundaryAbove(this.answer, index)));
  }

  private say(text: string): void {
    this.liveTarget.textContent = this.liveTarget.textContent === text ? `${text}\u00a0` : text;
  }

  // --- what leaves this page -----------------------------------------------------------------------------

  private tellChange(): void {
    this.dispatch("changed", { detail: { lease: this.leaseValue, answer: this.answer.toJSON(), note: this.noteTarget.value } });
  }

  submit(event: SubmitEvent): void {
    const missing = whatIsMissing(this.answer, this.board.placeOf);
    if (missing) {
      event.preventDefault();
      return this.refuse([missing]);
    }
    const body = { lease: this.leaseValue, ...this.answer.toJSON(), note: this.noteTarget.value };
    const detail = { lease: this.leaseValue, url: this.urlValue, body, form: this.formTarget };
    const told = this.dispatch("submit", { detail, cancelable: true });
    if (told.defaultPrevented) event.preventDefault();
  }

  onRefused(event: CustomEvent<{ problems: string[] }>): void {
    this.refuse(event.detail.problems);
  }

  /** Take up a draft. What somebody did on this page already is newer and stays, unless it is to be replaced. */
  onRestore(event: CustomEvent<{ answer: Partial<AnswerJson>; note?: string; force?: boolean }>): void {
    const { answer, note = "", force = false } = event.detail;
    const touched = this.history.canUndo || this.noteTarget.value !== "";
    if ((touched && !force) || !this.answer.take(answer)) return;
    this.noteTarget.value = note;
    this.noteBoxTarget.open = note !== "";
    if (force) this.history.push(this.answer.toJSON());
    else this.history = new History(this.answer.toJSON());
    this.picked = null;
    this.show();
    this.statusTarget.textContent = `${t("ranking.as_you_left_it")} ${this.progress()}`;
  }

  private refuse(problems: readonly string[]): void {
    const lines = problems.map((problem) => {
      const line = document.createElement("p");
      line.textContent = problem;
      return line;
    });
    this.problemTarget.replaceChildren(...lines);
    this.problemTarget.hidden = false;
    const [first] = this.answer.order.unplaced;
    if (first === undefined) return;
    this.dispatch("picked", { detail: { index: first } });
    this.board.row(first).focus();
  }

  private indexAt(event: Event): number {
    return indexOf((event.currentTarget as HTMLElement).closest<HTMLElement>("[data-index]")!);
  }
}
