import { Controller } from "@hotwired/stimulus";
import Sortable from "sortablejs";
import { dropDraft, keepDraft, resumeDraft } from "../lib/draft";
import { Ranking } from "../lib/ranking";

/**
 * The ranking widget: number keys, arrows, t, u, Backspace, Enter; buttons; dragging by a handle.
 * The form of numbers below it stays the truth that is sent, so that a page without this script works too.
 * What is placed is kept in the browser until it is sent.
 *
 *   <div data-controller="ranking" data-ranking-k-value="4" data-ranking-lease-value="…">…<li data-ranking-target="card" data-index="2" data-place="1">
 */
const RETRY_MS = [1000, 3000, 8000, 20000];
const KEPT = "Your ranking is kept in this browser.";

export default class extends Controller<HTMLElement> {
  static override targets = [
    "form", "problem", "unplaced", "ranked", "rankedEmpty", "unacceptable", "unacceptableEmpty", "card", "left",
    "status", "live", "keys", "note",
  ];
  static override values = { k: Number, lease: String };

  declare readonly kValue: number;
  declare readonly leaseValue: string;
  declare readonly formTarget: HTMLFormElement;
  declare readonly problemTarget: HTMLElement;
  declare readonly unplacedTarget: HTMLElement;
  declare readonly rankedTarget: HTMLElement;
  declare readonly rankedEmptyTarget: HTMLElement;
  declare readonly unacceptableTarget: HTMLElement;
  declare readonly unacceptableEmptyTarget: HTMLElement;
  declare readonly cardTargets: HTMLElement[];
  declare readonly leftTarget: HTMLElement;
  declare readonly statusTarget: HTMLElement;
  declare readonly liveTarget: HTMLElement;
  declare readonly keysTarget: HTMLInputElement;
  declare readonly noteTarget: HTMLTextAreaElement;

  private ranking!: Ranking;
  private cards = new Map<number, HTMLElement>();
  private sortables: Sortable[] = [];
  private sending = false;
  private readonly onKey = (event: KeyboardEvent): void => this.key(event);

  override connect(): void {
    for (const card of this.cardTargets) this.cards.set(indexOf(card), card);
    this.ranking = new Ranking([...this.cards.keys()]);
    this.readNumbers();
    const resumed = this.resume();
    this.keysTarget.checked = localStorage.getItem("byhand.keys") !== "off";
    for (const zone of [this.unplacedTarget, this.rankedTarget, this.unacceptableTarget]) this.makeSortable(zone);
    document.addEventListener("keydown", this.onKey);
    this.element.classList.add("is-ready");
    this.render();
    if (resumed) this.statusTarget.textContent = `As you left it: ${this.statusTarget.textContent}`;
    this.measure();
    if (document.activeElement === document.body) this.cardTargets[0]?.focus({ preventScroll: true });
  }

  override disconnect(): void {
    document.removeEventListener("keydown", this.onKey);
    for (const sortable of this.sortables) sortable.destroy();
  }

  // --- what people do ------------------------------------------------------------------------------------

  placeCard(event: MouseEvent): void {
    this.act(cardOf(event), "place", event.detail === 0);
  }
  upCard(event: MouseEvent): void {
    this.act(cardOf(event), "up", event.detail === 0);
  }
  downCard(event: MouseEvent): void {
    this.act(cardOf(event), "down", event.detail === 0);
  }
  tieCard(event: MouseEvent): void {
    this.act(cardOf(event), "tie", event.detail === 0);
  }
  refuseCard(event: MouseEvent): void {
    this.act(cardOf(event), "refuse", event.detail === 0);
  }
  returnCard(event: MouseEvent): void {
    this.act(cardOf(event), "back", event.detail === 0);
  }

  keysChanged(): void {
    localStorage.setItem("byhand.keys", this.keysTarget.checked ? "on" : "off");
  }

  toggleText(event: Event): void {
    const card = cardOf(event);
    const open = card.classList.toggle("is-open");
    const button = event.currentTarget as HTMLButtonElement;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Show less" : "Show all";
  }

  private key(event: KeyboardEvent): void {
    if (!this.keysTarget.checked || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const target = event.target as HTMLElement;
    const typing = target.closest("textarea, select, input:not([type=checkbox], [type=radio])");
    const control = target.closest("button, a, summary, input");
    if (typing || (control && (event.key === "Enter" || event.key === " " || event.key.startsWith("Arrow")))) return;
    if (this.handle(event.key, target.closest<HTMLElement>("[data-ranking-target=card]"))) event.preventDefault();
  }

  /** Return whether the key meant something here. */
  private handle(key: string, card: HTMLElement | null): boolean {
    const numbered = /^[1-9]$/.test(key) ? this.cardTargets.find((other) => other.dataset["place"] === key) : undefined;
    if (numbered) {
      if (this.ranking.zoneOf(indexOf(numbered)) === "unplaced") this.act(numbered, "place");
      else this.pick(numbered);
      return true;
    }
    if (key === "Enter") {
      this.formTarget.requestSubmit();
      return true;
    }
    const act = { ArrowUp: "up", ArrowDown: "down", t: "tie", u: "refuse", Backspace: "back", Delete: "back" }[key];
    if (!act || !card) return false;
    this.act(card, act);
    return true;
  }

  private pick(card: HTMLElement): void {
    card.focus();
    this.say(`${nameOf(card)} picked. ${this.whereIs(indexOf(card))}`);
  }

  /** `follow`: bring the card into sight, for the keyboard; a finger or mouse stays where it is. */
  private act(card: HTMLElement, act: string, follow = true): void {
    const index = indexOf(card);
    const zone = this.ranking.zoneOf(index);
    if (act === "place") this.ranking.place(index);
    else if (act === "refuse") zone === "unacceptable" ? this.ranking.takeBack(index) : this.ranking.refuse(index);
    else if (act === "back") this.ranking.takeBack(index);
    else if (zone !== "ranked") return this.say(`${nameOf(card)} is not in your order yet.`);
    else if (!this.moved(index, act)) return this.say(`${nameOf(card)} stays. ${this.whereIs(index)}`);
    this.render();
    card.focus({ preventScroll: true });
    if (follow) card.scrollIntoView({ block: "nearest" });
    this.say(`${nameOf(card)}: ${this.whereIs(index)}${this.ranking.complete ? " All answers are placed." : ""}`);
  }

  private moved(index: number, act: string): boolean {
    if (act === "up") return this.ranking.up(index);
    if (act === "down") return this.ranking.down(index);
    return this.ranking.tie(index) !== "alone";
  }

  // --- dragging ------------------------------------------------------------------------------------------

  private makeSortable(zone: HTMLElement): void {
    this.sortables.push(
      Sortable.create(zone, {
        group: "answers",
        handle: "[data-handle]",
        draggable: "[data-ranking-target=card]",
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
        forceFallback: true,
        fallbackTolerance: 4,
        emptyInsertThreshold: 40,
        scrollSensitivity: 80,
        ghostClass: "is-ghost",
        dragClass: "is-dragged",
        onEnd: (event) => this.dropped(event.item, event.to),
      }),
    );
  }

  private dropped(card: HTMLElement, zone: HTMLElement): void {
    const index = indexOf(card);
    const neighbour = (other: Element | null): number | null =>
      other instanceof HTMLElement && other.matches("[data-ranking-target=card]") ? indexOf(other) : null;
    if (zone === this.rankedTarget) {
      this.ranking.drop(index, neighbour(card.previousElementSibling), neighbour(card.nextElementSibling));
    } else if (zone === this.unacceptableTarget) this.ranking.refuse(index);
    else this.ranking.takeBack(index);
    this.render();
    card.focus({ preventScroll: true });
    this.say(`${nameOf(card)}: ${this.whereIs(index)}`);
  }

  // --- what people see -----------------------------------------------------------------------------------

  private render(): void {
    const order = this.ranking.order();
    this.fill(this.unplacedTarget, this.ranking.unplaced);
    this.fill(this.rankedTarget, order.map((entry) => entry.index));
    this.fill(this.unacceptableTarget, this.ranking.unacceptable);
    for (const card of this.cards.values()) this.dress(card);
    for (const { index, rank, tied, shared } of order) {
      const card = this.card(index);
      card.classList.toggle("is-tied", tied);
      card.querySelector("[data-rank]")!.textContent = `${ordinal(rank)}${shared ? ", tie" : ""}`;
      card.querySelector("[data-tool=tie]")!.setAttribute("aria-pressed", String(shared));
    }
    this.writeNumbers(order);
    this.keep();
    this.tell();
  }

  private fill(zone: HTMLElement, indexes: number[]): void {
    indexes.forEach((index, at) => {
      const card = this.card(index);
      if (zone.children[at] !== card) zone.insertBefore(card, zone.children[at] ?? null);
    });
  }

  private dress(card: HTMLElement): void {
    const zone = this.ranking.zoneOf(indexOf(card));
    card.dataset["zone"] = zone;
    card.classList.remove("is-tied");
    card.tabIndex = 0;
    card.querySelector("[data-rank]")!.textContent = "";
    card.querySelector(".tool--place")!.textContent = zone === "unplaced" ? "Place next" : "Place last";
  }

  private tell(): void {
    const left = this.ranking.unplaced.length;
    this.leftTarget.textContent = left ? `${left} left` : "all placed";
    this.rankedEmptyTarget.hidden = this.ranking.groups.length > 0;
    this.unacceptableEmptyTarget.hidden = this.ranking.unacceptable.length > 0;
    this.element.classList.toggle("is-complete", this.ranking.complete);
    if (!this.sending) this.statusTarget.textContent = `${this.kValue - left} of ${this.kValue} placed`;
    if (this.ranking.complete) this.problemTarget.hidden = true;
  }

  private measure(): void {
    for (const card of this.cards.values()) {
      const text = card.querySelector<HTMLElement>("[data-text]")!;
      const long = text.scrollHeight > text.clientHeight + 4 || text.scrollHeight > 420;
      card.classList.toggle("is-long", long);
      card.querySelector<HTMLElement>("[data-more]")!.hidden = !long;
    }
  }

  private whereIs(index: number): string {
    const zone = this.ranking.zoneOf(index);
    if (zone === "unplaced") return "Not placed.";
    if (zone === "unacceptable") return "Unacceptable.";
    const entry = this.ranking.order().find((other) => other.index === index)!;
    return `${ordinal(entry.rank)} of ${this.ranking.groups.length}${entry.shared ? ", tied" : ""}.`;
  }

  private say(text: string): void {
    this.liveTarget.textContent = this.liveTarget.textContent === text ? `${text}\u00a0` : text;
  }

  // --- the form ------------------------------------------------------------------------------------------

  /** Take up the draft of this item. What a refused form came back with is newer and stays. */
  private resume(): boolean {
    const empty = this.ranking.groups.length + this.ranking.unacceptable.length === 0;
    const note = empty ? resumeDraft(this.leaseValue, this.ranking) : null;
    if (note === null) return false;
    this.noteTarget.value = note;
    return this.ranking.unplaced.length < this.kValue;
  }

  keep(): void {
    keepDraft(this.leaseValue, this.ranking, this.noteTarget.value);
  }

  /** Take over what the form of numbers holds: after a refused submit it comes back filled. */
  private readNumbers(): void {
    const ranks = [...this.cards.keys()].map((index) => [index, Number(this.input(`rank_${index}`).value)] as const);
    const numbers = [...new Set(ranks.map(([, rank]) => rank).filter((rank) => rank > 0))].sort((a, b) => a - b);
    for (const number of numbers) {
      const tied = ranks.filter(([, rank]) => rank === number).map(([index]) => index);
      tied.forEach((index, at) => {
        this.ranking.place(index);
        if (at > 0) this.ranking.tie(index);
      });
    }
    for (const index of this.cards.keys()) if (this.input(`unacceptable_${index}`).checked) this.ranking.refuse(index);
  }

  private writeNumbers(order: { index: number; rank: number }[]): void {
    for (const index of this.cards.keys()) {
      this.input(`rank_${index}`).value = String(order.find((entry) => entry.index === index)?.rank ?? "");
      this.input(`unacceptable_${index}`).checked = this.ranking.unacceptable.includes(index);
    }
  }

  async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.sending) return;
    if (!this.ranking.complete) return this.refuseSubmit();
    this.sending = true;
    this.element.setAttribute("aria-busy", "true");
    for (let attempt = 0; ; attempt += 1) {
      this.statusTarget.textContent = attempt ? "Sending again…" : "Sending…";
      if (await this.send()) return;
      const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!;
      this.statusTarget.textContent = `No connection. Your ranking is kept on this page; trying again in ${wait / 1000} s.`;
      this.say(this.statusTarget.textContent);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** Send with the page's one key, so that a repeat is the same ballot. Return false to try again. */
  private async send(): Promise<boolean> {
    let response: Response;
    try {
      const headers = { Accept: "application/json" };
      response = await fetch(this.formTarget.action, { method: "POST", body: new FormData(this.formTarget), headers });
    } catch {
      return false;
    }
    if (response.status >= 500) return false;
    const json = response.headers.get("Content-Type")?.includes("json") ?? false;
    const body = json ? ((await response.json()) as { next?: string; code?: string; detail?: string }) : {};
    const here = location.pathname;
    if (response.ok && body.next) {
      dropDraft();
      location.assign(body.next);
    } else if (response.redirected || !json) this.showProblem(`You are signed out. ${KEPT}`, "Sign in and go on", `/accounts/login/?next=${here}`);
    else if (body.code === "form_too_old") this.showProblem(`You signed in anew since this page was opened. ${KEPT}`, "Load it again", here);
    else this.showProblem(body.detail ?? "This can't be sent.", response.status === 409 ? "Go to what is next" : "", here);
    return true;
  }

  private refuseSubmit(): void {
    const missing = this.cardTargets.filter((card) => this.ranking.zoneOf(indexOf(card)) === "unplaced");
    this.showProblem(`Place every answer before you submit. Not placed yet: ${missing.map(nameOf).join(", ")}.`);
    missing[0]?.focus();
  }

  /** Say what is wrong, and where to go with it. */
  private showProblem(text: string, label = "", href = ""): void {
    this.sending = false;
    this.element.removeAttribute("aria-busy");
    const line = document.createElement("p");
    line.textContent = text;
    if (label) {
      const link = document.createElement("a");
      link.href = href;
      link.textContent = label;
      line.append(" ", link);
    }
    this.problemTarget.replaceChildren(line);
    this.problemTarget.hidden = false;
    this.statusTarget.textContent = "Not sent.";
  }

  private input(name: string): HTMLInputElement {
    return this.formTarget.elements.namedItem(name) as HTMLInputElement;
  }

  private card(index: number): HTMLElement {
    return this.cards.get(index)!;
  }
}

function indexOf(card: HTMLElement): number {
  return Number(card.dataset["index"]);
}

function nameOf(card: HTMLElement): string {
  return `Answer ${card.dataset["place"]}`;
}

function cardOf(event: Event): HTMLElement {
  return (event.currentTarget as HTMLElement).closest<HTMLElement>("[data-ranking-target=card]")!;
}

function ordinal(rank: number): string {
  return rank === 1 ? "Best" : rank === 2 ? "2nd" : rank === 3 ? "3rd" : `${rank}th`;
}
