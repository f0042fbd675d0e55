import { Controller } from "@hotwired/stimulus";
import { t } from "../lib/i18n";
import type { Act } from "./ranking_controller";

/**
 * How the answers are shown: side by side or stacked, the size of the text, long texts folded, the prompt at hand.
 * What a reader chose stays in this browser. Knows nothing of the ranking.
 */
const LONG = 1500;
const MANY_LINES = 26;
const LONG_PROMPT = 420;
const PROMPT_LINES = 8;

export default class extends Controller<HTMLElement> {
  static override targets = ["prompt", "promptText", "promptMore", "layout", "size", "mono", "dock", "recall", "barToggle"];

  declare readonly promptTarget: HTMLElement;
  declare readonly promptTextTarget: HTMLElement;
  declare readonly promptMoreTarget: HTMLButtonElement;
  declare readonly layoutTargets: HTMLElement[];
  declare readonly sizeTargets: HTMLElement[];
  declare readonly monoTarget: HTMLElement;
  declare readonly dockTarget: HTMLElement;
  declare readonly recallTarget: HTMLElement;
  declare readonly barToggleTarget: HTMLElement;

  private readonly watch = new ResizeObserver(() => this.measurePrompt());

  override connect(): void {
    this.showLayout(localStorage.getItem("byhand.layout") ?? "columns");
    this.showSize(localStorage.getItem("byhand.text") ?? "medium");
    this.showMono(localStorage.getItem("byhand.mono") === "on");
    for (const card of this.cards()) this.fold(card);
    const long = isLong(this.promptTextTarget, LONG_PROMPT, PROMPT_LINES);
    this.promptTarget.classList.toggle("is-long", long);
    this.promptMoreTarget.hidden = !long;
    this.watch.observe(this.promptTarget);
  }

  override disconnect(): void {
    this.watch.disconnect();
  }

  // --- what readers choose -------------------------------------------------------------------------------

  layout(event: Event): void {
    this.keepLayout((event.currentTarget as HTMLElement).dataset["layout"]!);
  }

  size(event: Event): void {
    const { size } = (event.currentTarget as HTMLElement).dataset;
    localStorage.setItem("byhand.text", size!);
    this.showSize(size!);
  }

  mono(): void {
    const on = !this.element.classList.contains("is-mono");
    localStorage.setItem("byhand.mono", on ? "on" : "off");
    this.showMono(on);
  }

  toggle(event: Event): void {
    const card = (event.currentTarget as HTMLElement).closest<HTMLElement>(".answer")!;
    this.open(card, !card.classList.contains("is-open"));
  }

  togglePrompt(): void {
    const open = this.promptTarget.classList.toggle("is-open");
    this.promptMoreTarget.setAttribute("aria-expanded", String(open));
    this.promptMoreTarget.textContent = t(open ? "ranking.show_less" : "ranking.show_prompt");
  }

  /** On a narrow page: the order unfolds from the bar. */
  dock(): void {
    this.openDock(!this.element.classList.contains("is-order-open"));
  }

  /** On a narrow page: the prompt comes over the answers, and goes again. */
  recall(): void {
    const over = this.element.classList.toggle("is-prompt-over");
    this.recallTarget.setAttribute("aria-expanded", String(over));
  }

  /** On a narrow page: search and display unfold above the answers. */
  toggleBar(): void {
    this.openBar(!this.element.classList.contains("is-bar-open"));
  }

  go(event: Event): void {
    this.goToCard(Number((event.currentTarget as HTMLElement).closest<HTMLElement>("[data-index]")!.dataset["index"]));
  }

  /** Something in the order wants to be seen. */
  onPicked(): void {
    this.openDock(true);
  }

  onAct(event: CustomEvent<Act>): void {
    const { act } = event.detail;
    if (act === "search" || act === "compare") return this.openBar(true);
    if (act === "layout") return this.keepLayout(this.element.classList.contains("is-columns") ? "stack" : "columns");
    const index = event.detail.index ?? this.pickedIndex();
    if (act === "more" && index === null) return this.openAll();
    if (index === null) return;
    const card = this.card(index);
    if (act === "go") card.contains(document.activeElement) ? this.goToRow(index) : this.goToCard(index);
    else if (act === "more") this.open(card, !card.classList.contains("is-open"));
    else if (act === "flag") this.goToFlags(card);
    else if (act === "rate") card.querySelector<HTMLElement>(".rate input:checked, .rate input")?.focus();
  }

  /** Show all of one text, because something in it is looked for. */
  open(card: HTMLElement, open: boolean): void {
    const button = card.querySelector<HTMLElement>("[data-more]")!;
    card.classList.toggle("is-open", open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? t("ranking.show_less") : t("ranking.show_all", { n: Number(button.dataset["words"]) });
  }

  // --- how it is done ------------------------------------------------------------------------------------

  private keepLayout(layout: string): void {
    localStorage.setItem("byhand.layout", layout);
    this.showLayout(layout);
  }

  private showLayout(layout: string): void {
    this.element.classList.toggle("is-columns", layout === "columns");
    press(this.layoutTargets, (button) => button.dataset["layout"] === layout);
  }

  private showSize(size: string): void {
    for (const name of ["small", "large"]) this.element.classList.toggle(`text-${name}`, name === size);
    press(this.sizeTargets, (button) => button.dataset["size"] === size);
  }

  private showMono(on: boolean): void {
    this.element.classList.toggle("is-mono", on);
    this.monoTarget.setAttribute("aria-pressed", String(on));
  }

  /** Long texts begin folded. Judged by their length, since measuring would lay all of them out. */
  private fold(card: HTMLElement): void {
    const text = card.querySelector<HTMLElement>("[data-text]")!;
    const button = card.querySelector<HTMLElement>("[data-more]")!;
    const long = isLong(text, LONG, MANY_LINES);
    card.classList.toggle("is-long", long);
    button.hidden = !long;
    button.dataset["words"] = String(long ? words(text.textContent ?? "") : 0);
    if (long) this.open(card, false);
  }

  private openAll(): void {
    const long = this.cards().filter((card) => card.classList.contains("is-long"));
    const open = long.some((card) => !card.classList.contains("is-open"));
    for (const card of long) this.open(card, open);
  }

  private openDock(open: boolean): void {
    this.element.classList.toggle("is-order-open", open);
    this.dockTarget.setAttribute("aria-expanded", String(open));
  }

  private openBar(open: boolean): void {
    this.element.classList.toggle("is-bar-open", open);
    this.barToggleTarget.setAttribute("aria-expanded", String(open));
  }

  private goToCard(index: number): void {
    this.openDock(false);
    const card = this.card(index);
    card.scrollIntoView({ block: "start" });
    card.querySelector<HTMLElement>("h3")!.focus({ preventScroll: true });
  }

  private goToRow(index: number): void {
    this.openDock(true);
    this.element.querySelector<HTMLElement>(`.row[data-index="${index}"]`)!.focus();
  }

  private goToFlags(card: HTMLElement): void {
    const flags = card.querySelector<HTMLDetailsElement>("details.flags")!;
    flags.open = true;
    flags.querySelector<HTMLElement>("input")!.focus();
  }

  private measurePrompt(): void {
    this.element.style.setProperty("--prompt", `${this.promptTarget.offsetHeight}px`);
  }

  private pickedIndex(): number | null {
    const picked = this.element.querySelector<HTMLElement>(".row.is-picked");
    return picked ? Number(picked.dataset["index"]) : null;
  }

  private cards(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>(".answer")];
  }

  private card(index: number): HTMLElement {
    return this.element.querySelector<HTMLElement>(`.answer[data-index="${index}"]`)!;
  }
}

function press(buttons: readonly HTMLElement[], on: (button: HTMLElement) => boolean): void {
  for (const button of buttons) button.setAttribute("aria-pressed", String(on(button)));
}

function isLong(element: HTMLElement, length: number, lines: number): boolean {
  const text = element.textContent ?? "";
  return text.length > length || text.split("\n", lines + 1).length > lines;
}

/** Words, for scripts without spaces too; a rough count is enough to say how much is folded away. */
function words(text: string): number {
  const spaced = text.split(/\s+/).filter(Boolean).length;
  return text.length / Math.max(spaced, 1) > 20 ? Math.round(text.length / 2) : spaced;
}
