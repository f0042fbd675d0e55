import { Controller } from "@hotwired/stimulus";
import { meaningOf } from "../lib/keys";
import type { Act } from "./ranking_controller";

/**
 * The keys of the ranking page, listed on it and switched off there. Each is told as `ranking:act`, about the answer
 * that has the focus; else about the one that is picked. Keys in fields stay what they are.
 *
 *   <div data-controller="ranking ranking-keys">…<input type="checkbox" data-ranking-keys-target="switch">
 */
const ACTS: Record<string, string> = {
  t: "tie", u: "refuse", b: "below", s: "strength", Backspace: "back", Delete: "back", r: "rest", z: "undo", Z: "redo",
  g: "go", x: "more", f: "flag", d: "rate", n: "note", "/": "search", c: "compare", l: "layout", Enter: "submit",
};
const MOVES: Record<string, string> = { ArrowUp: "up", ArrowDown: "down" };
const STORE = "byhand.keys";

export default class extends Controller<HTMLElement> {
  static override targets = ["switch", "list"];

  declare readonly switchTarget: HTMLInputElement;
  declare readonly listTarget: HTMLDetailsElement;

  private readonly onKey = (event: KeyboardEvent): void => this.key(event);

  override connect(): void {
    this.switchTarget.checked = localStorage.getItem(STORE) !== "off";
    document.addEventListener("keydown", this.onKey);
  }

  override disconnect(): void {
    document.removeEventListener("keydown", this.onKey);
  }

  switched(): void {
    localStorage.setItem(STORE, this.switchTarget.checked ? "on" : "off");
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing || event.defaultPrevented || !this.element.checkVisibility()) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    if (event.key === "Escape") return this.leave(target);
    if (!this.switchTarget.checked || event.altKey || event.ctrlKey || event.metaKey || isTyping(target)) return;
    if (this.handle(event, target)) event.preventDefault();
  }

  /** Return whether the key meant something here. */
  private handle(event: KeyboardEvent, target: HTMLElement): boolean {
    const key = meaningOf(event);
    if (isRating(target)) return /^[0-9]$/.test(key) ? rateBy(target, Number(key)) : this.plain(key, target);
    if (/^[1-9]$/.test(key)) return this.tell({ act: "number", place: Number(key) });
    const row = target.closest<HTMLElement>("[data-ranking-target~=row]");
    if (MOVES[key]) return row !== null && !event.shiftKey && this.tell({ act: MOVES[key], index: Number(row.dataset["index"]) });
    return this.plain(key, target);
  }

  private plain(key: string, target: HTMLElement): boolean {
    const control = target.closest("button, a, summary, input, [role=button]");
    if (control && (key === "Enter" || key === "Backspace")) return false;
    if (key === "?") return this.show();
    const act = ACTS[key];
    if (!act) return false;
    const answer = target.closest<HTMLElement>("[data-index]");
    return this.tell({ act, index: answer ? Number(answer.dataset["index"]) : null });
  }

  show(): true {
    this.listTarget.open = true;
    this.listTarget.querySelector("summary")!.focus();
    return true;
  }

  /** Escape leaves a field or a rating, so that the keys work again, and closes the flags of an answer. */
  private leave(target: HTMLElement): void {
    if (!this.element.contains(target)) return;
    const flags = target.closest<HTMLDetailsElement>("details.flags--answer");
    if (isTyping(target)) target.blur();
    else if (isRating(target)) {
      const index = target.closest<HTMLElement>("[data-index]")!.dataset["index"]!;
      target.blur(); // on a phone the row is folded away
      this.element.querySelector<HTMLElement>(`.row[data-index="${index}"]`)!.focus();
    }
    else if (flags?.open) {
      flags.open = false;
      flags.querySelector("summary")!.focus();
    }
  }

  private tell(detail: Act): true {
    this.element.dispatchEvent(new CustomEvent("ranking:act", { detail, bubbles: true }));
    return true;
  }
}

function isTyping(target: HTMLElement): boolean {
  return target.closest("textarea, select, input:not([type=checkbox], [type=radio]), [contenteditable]") !== null;
}

/** A line of ratings that was reached by keyboard. After a click with the mouse, digits place answers as ever. */
function isRating(target: HTMLElement): target is HTMLInputElement {
  return target instanceof HTMLInputElement && target.name.startsWith("rating_") && target.matches(":focus-visible");
}

/** Choose the number in this line of a rating and go to the next line; 0 takes it back. */
function rateBy(target: HTMLInputElement, number: number): boolean {
  const line = target.closest(".rate")!;
  const radios = [...line.querySelectorAll<HTMLInputElement>("input")];
  const radio = number === 0 ? radios.find((other) => other.checked) : radios[number - 1];
  if (radio && radio.checked === (number === 0)) radio.click();
  const next = line.nextElementSibling?.querySelector<HTMLInputElement>("input:checked, input");
  (number > 0 && next ? next : (radio ?? target)).focus();
  return true;
}
