/**
 * The page of one item as a set of rows (the order, which moves) and cards (the texts, which stay where they are).
 * Shows an answer in the making; knows neither keys nor events. Texts are never moved or written, so that an act
 * costs the same whether an answer has four words or four thousand.
 */
import type { Answer } from "./answer";
import type { Zone } from "./ranking";
import { t } from "./i18n";
import { nameOf, whereIs } from "./ranking_words";

export class Board {
  private readonly rows = new Map<number, HTMLElement>();
  private readonly cards = new Map<number, HTMLElement>();
  private readonly places = new Map<number, number>();

  constructor(
    private readonly root: HTMLElement,
    cards: readonly HTMLElement[],
    rows: readonly HTMLElement[],
    private readonly zones: Partial<Record<Zone, HTMLElement>>,
  ) {
    for (const card of cards) this.cards.set(indexOf(card), card);
    for (const row of rows) this.rows.set(indexOf(row), row);
    for (const card of cards) this.places.set(indexOf(card), Number(card.dataset["place"]));
  }

  get indexes(): number[] {
    return [...this.cards.keys()];
  }

  readonly placeOf = (index: number): number => this.places.get(index)!;

  atPlace(place: number): number | null {
    return this.indexes.find((index) => this.placeOf(index) === place) ?? null;
  }

  row(index: number): HTMLElement {
    return this.rows.get(index)!;
  }

  card(index: number): HTMLElement {
    return this.cards.get(index)!;
  }

  show(answer: Answer, picked: number | null): void {
    const { order } = answer;
    this.fill("ranked", order.order().map((entry) => entry.index));
    this.fill("unplaced", order.unplaced);
    this.fill("unranked", order.unranked);
    this.fill("unacceptable", order.unacceptable);
    for (const index of this.indexes) {
      const zone = order.zoneOf(index);
      this.dressRow(answer, index, zone, index === picked);
      this.dressCard(answer, index, zone, index === picked);
    }
    for (const { index, rank, tied, shared } of order.order()) this.dressRanked(answer, index, rank, tied, shared);
    for (const count of this.root.querySelectorAll("[data-flags=item]")) count.textContent = counted(answer.flagsOf(null));
  }

  private fill(zone: Zone, indexes: readonly number[]): void {
    const list = this.zones[zone];
    if (!list) return;
    indexes.forEach((index, at) => {
      const row = this.row(index);
      if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
    });
    list.parentElement!.classList.toggle("is-empty", indexes.length === 0);
  }

  private dressRow(answer: Answer, index: number, zone: Zone, picked: boolean): void {
    const row = this.row(index);
    row.dataset["zone"] = zone;
    row.classList.remove("is-tied", "is-led");
    row.classList.toggle("is-picked", picked);
    write(row, "[data-rank]", String(this.placeOf(index)));
    write(row, "[data-where]", `${nameOf(this.placeOf(index))}: ${whereIs(answer, index)}`);
    const main = row.querySelector(".row__main")!;
    if (zone === "unplaced") main.removeAttribute("aria-expanded");
    else main.setAttribute("aria-expanded", String(picked));
  }

  private dressRanked(answer: Answer, index: number, rank: number, tied: boolean, shared: boolean): void {
    const row = this.row(index);
    row.classList.toggle("is-tied", tied);
    row.classList.toggle("is-led", rank > 1 && !tied);
    row.querySelector("[data-act=tie]")!.setAttribute("aria-pressed", String(shared));
    write(this.card(index), "[data-rank]", shared ? `${rank} =` : String(rank));
    const said = rank > 1 && !tied ? answer.strengthAt(rank - 2) : null;
    for (const button of row.querySelectorAll<HTMLElement>("[data-strength]")) {
      button.setAttribute("aria-pressed", String(button.dataset["strength"] === said));
    }
  }

  private dressCard(answer: Answer, index: number, zone: Zone, picked: boolean): void {
    const card = this.card(index);
    card.dataset["zone"] = zone;
    card.classList.toggle("is-picked", picked);
    if (zone !== "ranked") write(card, "[data-rank]", zone === "unplaced" ? "" : t(`ranking.badge.${zone}`));
    write(card, "[data-act=toggle]", t(zone === "unplaced" ? "ranking.place" : "ranking.take_back"));
    card.querySelector("[data-act=refuse]")!.setAttribute("aria-pressed", String(zone === "unacceptable"));
    write(card, "[data-flags]", counted(answer.flagsOf(index)));
  }
}

export function indexOf(element: HTMLElement): number {
  return Number(element.dataset["index"]);
}

function counted(flags: number): string {
  return flags > 0 ? String(flags) : "";
}

/** Write a text where it differs, so that nothing is laid out again for nothing. */
function write(within: HTMLElement, selector: string, text: string): void {
  const element = within.querySelector(selector)!;
  if (element.textContent !== text) element.textContent = text;
}
