import { Controller } from "@hotwired/stimulus";
import { t } from "../lib/i18n";
import { nameOf } from "../lib/ranking_words";
import { diffWords, type Piece } from "../lib/word_diff";
import type { Act } from "./ranking_controller";

const LEAST_SHARED = 0.25;

/**
 * Compares two answers word by word: what only the first has is struck out, what only the second has is underlined.
 * The texts are read from the page and written as text.
 */
export default class extends Controller<HTMLElement> {
  static override targets = ["panel", "open"];

  declare readonly panelTarget: HTMLElement;
  declare readonly openTarget: HTMLElement;

  private first = "1";
  private second = "2";

  toggle(): void {
    if (this.panelTarget.hidden) this.show();
    else this.close();
  }

  onAct(event: CustomEvent<Act>): void {
    if (event.detail.act !== "compare") return;
    if (!this.panelTarget.hidden) return this.close();
    const place = this.placeOf(event.detail.index ?? null);
    if (place) this.choose(place, place === "1" ? "2" : "1");
    this.show();
  }

  private close(): void {
    this.panelTarget.hidden = true;
    this.openTarget.setAttribute("aria-expanded", "false");
    this.openTarget.focus();
  }

  private choose(first: string, second: string): void {
    this.first = first;
    this.second = second;
  }

  private show(): void {
    this.panelTarget.hidden = false;
    this.openTarget.setAttribute("aria-expanded", "true");
    this.draw();
    this.panelTarget.scrollIntoView({ block: "nearest" });
    this.panelTarget.querySelector("select")!.focus();
  }

  private draw(): void {
    const pick = document.createElement("div");
    pick.className = "compare__pick";
    pick.append(
      this.select(t("ranking.compare.first"), this.first, (place) => this.choose(place, this.second)),
      this.select(t("ranking.compare.second"), this.second, (place) => this.choose(this.first, place)),
    );
    const text = document.createElement("bdi");
    text.className = "hostile compare__text";
    text.dir = "auto";
    this.drawText(text);
    this.panelTarget.replaceChildren(pick, text);
  }

  private drawText(text: HTMLElement): void {
    const pieces = diffWords(this.textAt(this.first), this.textAt(this.second));
    if (pieces === null || !isNear(pieces)) text.textContent = t("ranking.compare.too_different");
    else if (pieces.every((piece) => piece.kind === "same")) text.textContent = t("ranking.compare.same");
    else text.append(...pieces.map(nodeOf));
  }

  private select(label: string, chosen: string, onChoose: (place: string) => void): HTMLElement {
    const wrapper = document.createElement("label");
    const select = document.createElement("select");
    for (const card of this.cards()) select.add(new Option(nameOf(Number(card.dataset["place"])), card.dataset["place"]));
    select.value = chosen;
    select.setAttribute("aria-label", label);
    select.addEventListener("change", () => {
      onChoose(select.value);
      const text = this.panelTarget.querySelector<HTMLElement>(".compare__text")!;
      text.replaceChildren();
      this.drawText(text);
    });
    wrapper.append(`${label} `, select);
    return wrapper;
  }

  private textAt(place: string): string {
    return this.cards().find((card) => card.dataset["place"] === place)?.querySelector("[data-text]")?.textContent ?? "";
  }

  private placeOf(index: number | null): string | undefined {
    const picked = index === null ? ".answer.is-picked" : `.answer[data-index="${index}"]`;
    return this.element.querySelector<HTMLElement>(picked)?.dataset["place"];
  }

  private cards(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>(".answer")];
  }
}

/** Whether enough is shared that marking the rest helps the eye. */
function isNear(pieces: readonly Piece[]): boolean {
  const length = (kind: Piece["kind"] | null): number =>
    pieces.reduce((sum, piece) => sum + (kind === null || piece.kind === kind ? piece.text.length : 0), 0);
  return length("same") >= length(null) * LEAST_SHARED;
}

function nodeOf(piece: Piece): Node {
  if (piece.kind === "same") return document.createTextNode(piece.text);
  const mark = document.createElement(piece.kind === "gone" ? "del" : "ins");
  mark.textContent = piece.text;
  return mark;
}
