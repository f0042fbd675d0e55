import { Controller } from "@hotwired/stimulus";
import { type Content, type DraftState, DraftSync, type Newer, dropLocal, localDraft, same } from "../lib/drafts";
import { t } from "../lib/i18n";
import { type Item, isItem, ready, reserve, showAgain, takeNext } from "../lib/items";
import { backoff, stamp } from "../lib/net";
import type { Letter, Outbox } from "../lib/outbox";
import { newKey, outboxOf, type Settled } from "../lib/post";

/**
 * Keeps work flowing around the ranking widget: what is placed is kept at every change; a submit goes into the outbox
 * and the next item, fetched in advance, stands there at once. Without this script the form inside posts by itself.
 *
 *   <div data-controller="flow" data-action="ranking:submit->flow#submit ranking:changed->flow#changed submit->flow#skip"
 *        data-flow-user-value="7" data-flow-project-value="…" data-flow-lease-value="…">
 *     <div data-flow-target="item">…one .ranker…</div></div>
 */
type RankingSubmit = CustomEvent<{ lease: string; url: string; body: Record<string, unknown> }>;
type RankingChanged = CustomEvent<{ lease: string; answer: Content; note: string }>;

export default class extends Controller<HTMLElement> {
  static override targets = ["item", "panel", "saved", "notice", "noticeText", "mine", "onward"];
  static override values = { user: Number, project: String, lease: String, login: String };

  declare readonly itemTarget: HTMLElement;
  declare readonly panelTarget: HTMLElement;
  declare readonly savedTarget: HTMLElement;
  declare readonly noticeTarget: HTMLElement;
  declare readonly noticeTextTarget: HTMLElement;
  declare readonly mineTarget: HTMLButtonElement;
  declare readonly onwardTarget: HTMLButtonElement;
  declare readonly userValue: number;
  declare readonly projectValue: string;
  declare leaseValue: string;

  private outbox!: Outbox;
  private draft!: DraftSync;
  private next: Item | null = null;
  private fetching = false;
  private failures = 0;
  private answered = false;
  private mine: Content | null = null;
  private newer: Newer | null = null;
  private pageOnly = false;
  private readonly channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("byhand.drafts");
  private readonly onSettled = (event: Event): void => void this.settled((event as CustomEvent<Settled>).detail);
  private readonly onOpen = (event: Event): void => {
    event.preventDefault();
    void this.open((event as CustomEvent<{ letter: Letter }>).detail.letter);
  };
  private readonly onUnload = (event: BeforeUnloadEvent): void => {
    if (this.pageOnly) event.preventDefault();
  };

  override connect(): void {
    this.outbox = outboxOf(this.userValue);
    window.addEventListener("outbox:settled", this.onSettled);
    window.addEventListener("flow:open", this.onOpen);
    window.addEventListener("beforeunload", this.onUnload);
    window.addEventListener("pageshow", reloadOld);
    this.channel?.addEventListener("message", ({ data }: MessageEvent<Newer & { lease: string; user: number }>) => {
      if (data.lease === this.leaseValue && data.user === this.userValue) this.draft.heard(data);
    });
    const found = JSON.parse(document.getElementById("draft")?.textContent ?? "null") as Newer | null;
    this.follow(found?.revision ?? 0);
    void this.resume(found);
  }

  override disconnect(): void {
    window.removeEventListener("outbox:settled", this.onSettled);
    window.removeEventListener("flow:open", this.onOpen);
    window.removeEventListener("beforeunload", this.onUnload);
    window.removeEventListener("pageshow", reloadOld);
    this.channel?.close();
    this.draft.end();
  }

  // --- the draft -------------------------------------------------------------------------------------------

  changed(event: RankingChanged): void {
    const { lease, answer, note } = event.detail;
    if (lease !== this.leaseValue || this.answered) return;
    this.mine = { ...answer, note };
    this.draft.change(this.mine);
  }

  /** Keep what this page had, over what came from another tab or device. */
  useMine(): void {
    if (!this.newer || !this.mine) return;
    this.draft.insist(this.newer, this.mine);
    this.restore(this.mine, true);
    this.hideNotice();
  }

  private follow(revision: number): void {
    const url = `/api/v1/work/${this.projectValue}/drafts/${this.leaseValue}`;
    this.answered = false;
    this.mine = this.newer = null;
    this.draft = new DraftSync(this.userValue, this.leaseValue, url, revision, {
      told: (state) => this.showSaved(state),
      newer: (found) => this.showNewer(found),
      saved: (kept) => this.channel?.postMessage({ ...kept, lease: this.leaseValue, user: this.userValue }),
    });
  }

  /** Take up what is kept of this item, here or on the server; an answer that is on its way already is not shown. */
  private async resume(found: Newer | null): Promise<void> {
    await ready(this.ranker);
    if ((await this.outbox.waiting()).some((letter) => letter.lease === this.leaseValue)) return this.wait();
    const here = localDraft(this.userValue, this.leaseValue);
    if (here && (!found || found.revision <= here.revision || same(found.content, here.content))) {
      this.restore(here.content);
      if (!here.sent) this.draft.change(here.content);
    } else if (found) {
      this.restore(found.content);
      if (here && !here.sent) {
        this.mine = here.content;
        this.showNewer(found);
      } else this.draft.adopt(found);
    }
    if (document.activeElement === document.body) this.focusStart(true);
    void this.prefetch();
  }

  private restore(content: Content, force = false): void {
    const { note, ...answer } = content;
    this.ranker.dispatchEvent(new CustomEvent("ranking:restore", { detail: { answer, note, force } }));
  }

  private showSaved(state: DraftState): void {
    this.pageOnly = state === "page_only";
    this.savedTarget.textContent = t(`flow.draft_${state}`);
    this.savedTarget.classList.toggle("is-risk", this.pageOnly);
    if (state === "signed_out") this.say(t("flow.signed_out"));
    if (state === "expired") this.say(t("flow.expired"));
  }

  private showNewer(found: Newer): void {
    this.newer = found;
    this.restore(found.content, true);
    this.say(t("flow.newer"), this.mine === null ? "" : "mine");
  }

  // --- submit, skip, and what comes next ---------------------------------------------------------------------

  submit(event: RankingSubmit): void {
    event.preventDefault();
    const { lease, url, body } = event.detail;
    void this.send("submit", lease, url, body);
  }

  /** A skip is a plain form; with scripts it goes through the outbox too, so that it needs no connection. */
  skip(event: Event): void {
    const form = event.target as HTMLFormElement;
    if (!form.action.includes("/skip/")) return;
    event.preventDefault();
    const reason = new FormData(form).get("reason");
    const body = { lease: this.leaseValue, reason };
    void this.send("skip", this.leaseValue, `/api/v1/work/${this.projectValue}/skip`, body);
  }

  private async send(kind: Letter["kind"], lease: string, url: string, body: Record<string, unknown>): Promise<void> {
    if (this.answered || lease !== this.leaseValue) return;
    this.answered = true;
    const next = this.next;
    const measured = stamp.measure();
    const letter = { key: newKey(), kind, project: this.projectValue, lease, url, body, showing: next?.lease ?? null, ...measured };
    this.draft.end();
    await this.outbox.post(letter);
    this.hideNotice();
    if (next) await this.show(next);
    else this.wait();
  }

  private async settled({ letter, outcome }: Settled): Promise<void> {
    if (letter.kind === "clock") return; // a break or a stop: no answer
    if (outcome.is === "taken") dropLocal(this.userValue, letter.lease);
    if (letter.lease !== this.leaseValue) return outcome.is === "taken" ? void this.prefetch() : undefined;
    if (!this.answered) return this.say(t("flow.elsewhere"), "onward"); // another tab of this browser answered it
    if (outcome.is === "taken") return this.advance();
    if (outcome.is !== "refused") return;
    if (["already_answered", "key_reused", "not_found"].includes(outcome.problem.code)) return this.advance();
    await this.outbox.remove(letter.key);
    this.unwait();
    this.follow(0);
    const problems = [outcome.problem.detail, ...outcome.problem.problems];
    this.ranker.dispatchEvent(new CustomEvent("ranking:refused", { detail: { problems } }));
  }

  /** Leave an item that was answered in another tab. */
  onward(): void {
    this.answered = true;
    this.draft.end();
    this.hideNotice();
    void this.advance();
  }

  /** Ask for the next item, once the last one has arrived. Where none comes, the page says what to do. */
  private async advance(): Promise<void> {
    const found = await takeNext(this.projectValue);
    if (found === "lost") return this.again(() => this.advance());
    if (!isItem(found)) return location.assign(`/work/${this.projectValue}/`);
    await this.show(found);
  }

  /** Show a refused answer again, to mend it. */
  private async open(letter: Letter): Promise<void> {
    const found = await showAgain(letter.project, letter.lease);
    if (!isItem(found)) return this.say(t("flow.cant_open"));
    await this.outbox.remove(letter.key);
    await this.show(found);
    this.restore(letter.body);
  }

  private again(act: () => Promise<void>): void {
    window.setTimeout(() => void act(), backoff(this.failures++));
  }

  private async prefetch(): Promise<void> {
    if (this.next || this.fetching) return;
    this.fetching = true;
    const found = await reserve(this.projectValue);
    this.fetching = false;
    if (found === "lost") return this.again(() => this.prefetch());
    this.failures = 0;
    if (found === "closed") this.say(t("flow.not_open"));
    if (isItem(found) && found.lease !== this.leaseValue) this.next = found;
  }

  private async show(item: Item): Promise<void> {
    this.next = null;
    this.failures = 0;
    this.leaseValue = item.lease;
    this.itemTarget.replaceChildren(item.fragment);
    this.unwait();
    this.follow(0);
    this.savedTarget.textContent = "";
    window.dispatchEvent(new CustomEvent("flow:shown", { detail: { work: `rank:${item.lease}` } }));
    window.scrollTo(0, 0);
    await ready(this.ranker);
    this.focusStart();
    void this.prefetch();
  }

  /** No item to show yet: the answer is kept, and the page says how it goes on. */
  private wait(): void {
    this.itemTarget.hidden = true;
    this.savedTarget.textContent = "";
    this.panelTarget.hidden = false;
    this.panelTarget.focus();
  }

  private unwait(): void {
    this.itemTarget.hidden = false;
    this.panelTarget.hidden = true;
  }

  private say(text: string, choice: "mine" | "onward" | "" = ""): void {
    this.noticeTextTarget.textContent = text;
    this.mineTarget.hidden = choice !== "mine";
    this.onwardTarget.hidden = choice !== "onward";
    this.noticeTarget.hidden = false;
  }

  private hideNotice(): void {
    this.noticeTarget.hidden = true;
  }

  private get ranker(): HTMLElement {
    return this.itemTarget.querySelector<HTMLElement>(".ranker")!;
  }

  private focusStart(quiet = false): void {
    this.ranker.querySelector<HTMLElement>("[data-ranking-target~=start]")?.focus({ preventScroll: quiet });
  }
}

/** A page that the browser kept whole and shows again has an old item on it. */
function reloadOld(event: PageTransitionEvent): void {
  if (event.persisted) location.reload();
}
