import { Controller } from "@hotwired/stimulus";
import { t } from "../lib/i18n";
import { findAll } from "../lib/search";
import type { Act } from "./ranking_controller";

/**
 * Searches in all answers at once. Hits are marked by the browser's highlights, so that no text is ever rewritten;
 * the count says how many there are in which answer. Enter goes to the next hit, Shift+Enter to the one before.
 */
const WAIT_MS = 120;
const MOST_MARKS = 2000;

export default class extends Controller<HTMLElement> {
  static override targets = ["field", "count", "step"];

  declare readonly fieldTarget: HTMLInputElement;
  declare readonly countTarget: HTMLElement;
  declare readonly stepTargets: HTMLButtonElement[];

  private hits: Range[] = [];
  private at = -1;
  private timer = 0;

  override disconnect(): void {
    window.clearTimeout(this.timer);
    this.mark([], null);
  }

  onAct(event: CustomEvent<Act>): void {
    if (event.detail.act === "search") this.fieldTarget.select();
  }

  look(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.find(), WAIT_MS);
  }

  key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && this.fieldTarget.value) {
      this.fieldTarget.value = "";
      this.find();
    }
  }

  next(): void {
    this.step(1);
  }

  previous(): void {
    this.step(-1);
  }

  private find(): void {
    window.clearTimeout(this.timer);
    const phrase = this.fieldTarget.value;
    const counts: string[] = [];
    this.hits = [];
    for (const card of this.element.querySelectorAll<HTMLElement>(".answer")) {
      const found = this.inCard(card, phrase);
      if (found.length > 0) counts.push(`${card.dataset["place"]}: ${found.length}`);
      this.hits.push(...found);
    }
    this.at = -1;
    this.mark(this.hits, null);
    const n = this.hits.length;
    this.countTarget.textContent = phrase.trim() ? [t("ranking.hits", { n }), counts.join(" · ")].filter(Boolean).join(" · ") : "";
    for (const button of this.stepTargets) button.hidden = n === 0;
  }

  private inCard(card: HTMLElement, phrase: string): Range[] {
    const node = card.querySelector("[data-text] bdi")!.firstChild;
    if (!(node instanceof Text)) return [];
    return findAll(node.data, phrase).map(({ start, end }) => {
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, end);
      return range;
    });
  }

  /** Go to the next hit; a text that is folded opens. */
  private step(by: number): void {
    if (this.timer) this.find();
    this.timer = 0;
    if (this.hits.length === 0) return;
    this.at = (this.at + by + this.hits.length + (this.at < 0 && by < 0 ? 1 : 0)) % this.hits.length;
    const hit = this.hits[this.at]!;
    const card = hit.startContainer.parentElement!.closest<HTMLElement>(".answer")!;
    if (card.matches(".is-long:not(.is-open)")) card.querySelector<HTMLElement>("[data-more]")!.click();
    this.mark(this.hits, hit);
    const { top, bottom } = hit.getBoundingClientRect();
    if (top < 80 || bottom > window.innerHeight - 120) window.scrollBy({ top: top - window.innerHeight / 3 });
    this.countTarget.textContent = t("ranking.hit_of", { at: this.at + 1, all: this.hits.length, place: card.dataset["place"]! });
  }

  private mark(hits: readonly Range[], now: Range | null): void {
    if (typeof Highlight === "undefined") return;
    CSS.highlights.set("found", new Highlight(...hits.slice(0, MOST_MARKS)));
    const current = new Highlight(...(now ? [now] : []));
    current.priority = 1;
    CSS.highlights.set("found-now", current);
  }
}
