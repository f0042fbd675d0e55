/**
 * The answer in the making. Every change is written into this browser at once, per person and lease; the server gets
 * it after a pause, one request at a time. Each save names the revision after the newest one that this page knows, so
 * that of two tabs or devices the second is told of the newer state instead of overwriting it.
 */
import { type Answer, ask, backoff, link } from "./net";

export type Content = Record<string, unknown>;

interface Kept {
  content: Content;
  /** the server's revision that this content was made from */
  revision: number;
  /** whether the server has it */
  sent: boolean;
  at: number;
}

export interface Newer {
  content: Content;
  revision: number;
}

const MOST = 20;
const PAUSE_MS = 2000;
const SLOW_PAUSE_MS = 15_000;

const slot = (user: number): string => `byhand.drafts.${user}`;

/** Read what this browser keeps for the person. A store that can't be read holds nothing. */
function kept(user: number): Record<string, Kept> {
  try {
    return (JSON.parse(localStorage.getItem(slot(user)) ?? "{}") as Record<string, Kept> | null) ?? {};
  } catch {
    return {};
  }
}

export function localDraft(user: number, lease: string): Kept | null {
  return kept(user)[lease] ?? null;
}

/** Keep a draft here. False: this browser can't, and the page itself is all that holds it. */
export function keepLocal(user: number, lease: string, draft: Omit<Kept, "at">): boolean {
  const all = { ...kept(user), [lease]: { ...draft, at: Date.now() } };
  const newest = Object.entries(all).sort(([, a], [, b]) => b.at - a.at);
  try {
    localStorage.setItem(slot(user), JSON.stringify(Object.fromEntries(newest.slice(0, MOST))));
    return true;
  } catch {
    return false;
  }
}

export function dropLocal(user: number, lease: string): void {
  const all = kept(user);
  delete all[lease];
  try {
    localStorage.setItem(slot(user), JSON.stringify(all));
  } catch {
    // nothing was kept here, so nothing is left behind
  }
}

export type DraftState = "here" | "server" | "page_only" | "over" | "signed_out" | "expired";

export interface Page {
  /** where the newest change is kept now */
  told(state: DraftState): void;
  /** another tab or device has a newer state */
  newer(found: Newer): void;
  /** the server has this */
  saved(kept: Newer): void;
}

/** The draft of one lease on one page. */
export class DraftSync {
  private content: Content | null = null;
  private inFlight: string | null = null;
  private timer = 0;
  private failures = 0;
  private ended = false;
  private unanswered = new Set<string>();

  constructor(
    private readonly user: number,
    readonly lease: string,
    private readonly url: string,
    private revision: number,
    private readonly page: Page,
  ) {}

  change(content: Content): void {
    if (this.ended) return;
    this.content = content;
    const here = keepLocal(this.user, this.lease, { content, revision: this.revision, sent: false });
    this.page.told(here ? "here" : "page_only");
    this.later(link.slow ? SLOW_PAUSE_MS : PAUSE_MS);
  }

  /** Take the newer state as the ground: the next change is made from it. */
  adopt(found: Newer): void {
    this.revision = found.revision;
    this.content = null;
    keepLocal(this.user, this.lease, { ...found, sent: true });
  }

  /** Keep what stands on this page over the newer state. */
  insist(found: Newer, content: Content): void {
    this.revision = found.revision;
    this.change(content);
    this.later(0);
  }

  /** Another tab of this browser has gone on from the same draft. */
  heard(found: Newer): void {
    if (found.revision <= this.revision || this.inFlight !== null) return;
    if (this.content === null) this.adopt(found);
    this.page.newer(found);
  }

  end(): void {
    this.ended = true;
    window.clearTimeout(this.timer);
  }

  private later(wait: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), wait);
  }

  private async save(): Promise<void> {
    if (this.content === null || this.inFlight !== null || this.ended) return;
    const sending = this.content;
    this.inFlight = JSON.stringify(sending);
    const answer = await ask("PUT", this.url, { content: sending, revision: this.revision + 1 });
    const text = this.inFlight;
    this.inFlight = null;
    if (this.ended) return;
    this.read(answer, sending, text);
    if (this.content !== null && answer.status !== 409) this.later(this.failures ? backoff(this.failures) : PAUSE_MS);
  }

  private read(answer: Answer, sending: Content, text: string): void {
    if (answer.status === 200) {
      this.saved(Number(answer.body?.["revision"]), sending);
      return answer.body?.["lease"] === "expired" ? this.page.told("expired") : undefined;
    }
    if (answer.status === 401 || answer.status === 403) this.page.told("signed_out");
    if (answer.status === 409 && answer.body?.["code"] === "stale_draft") return this.stale(answer.body, sending);
    if ([404, 409, 422].includes(answer.status)) {
      this.content = null;
      return this.page.told("over");
    }
    this.failures += 1;
    this.unanswered.add(text);
  }

  private saved(revision: number, sending: Content): void {
    this.failures = 0;
    this.unanswered.clear();
    this.revision = revision;
    this.page.saved({ content: sending, revision });
    const all = this.content === sending;
    keepLocal(this.user, this.lease, { content: this.content ?? sending, revision, sent: all });
    if (!all) return;
    this.content = null;
    this.page.told("server");
  }

  /** A save before this one may have come through with its answer lost: then the newer state is our own. */
  private stale(body: Record<string, unknown>, sending: Content): void {
    const found = { content: body["content"] as Content, revision: Number(body["revision"]) };
    if (same(found.content, sending)) return this.saved(found.revision, sending);
    if (![...this.unanswered].some((text) => same(found.content, JSON.parse(text)))) {
      this.adopt(found); // what is done from here on is done on the newer state
      return this.page.newer(found);
    }
    this.unanswered.clear();
    this.revision = found.revision;
    this.later(0);
  }
}

/** Compare two JSON values whatever the order of their keys. */
export function same(a: unknown, b: unknown): boolean {
  return stable(a) === stable(b);
}

function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, held]) => `${JSON.stringify(key)}:${stable(held)}`).join()}}`;
}
