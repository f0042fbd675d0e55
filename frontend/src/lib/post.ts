/**
 * The one outbox of this page. Tells every tab of this browser, as events on `window`:
 *   outbox:changed                      something was added, sent or held back
 *   outbox:settled {letter, outcome}    the server has taken or refused a letter, whichever tab sent it
 */
import { Letters } from "./letters";
import { type Letter, Outbox, type Outcome } from "./outbox";

export interface Settled {
  letter: Letter;
  outcome: Outcome;
}

const LAST = "byhand.last";
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("byhand.outbox");
let box: Outbox | null = null;

export function outboxOf(user: number): Outbox {
  if (box?.user === user) return box;
  box = new Outbox(user, new Letters(), { changed, settled: (letter, outcome) => settled({ letter, outcome }) });
  channel?.addEventListener("message", ({ data }: MessageEvent<Settled | null>) => (data ? tell(data) : tellChange()));
  window.addEventListener("online", () => void box?.flush());
  return box;
}

/** What became of the last letter that this tab heard of: a page that follows says it. */
export function lastOutcome(user: number): Outcome | null {
  const last = JSON.parse(sessionStorage.getItem(LAST) ?? "null") as { user: number; outcome: Outcome } | null;
  return last?.user === user ? last.outcome : null;
}

function changed(): void {
  tellChange();
  channel?.postMessage(null);
}

function settled(said: Settled): void {
  tell(said);
  channel?.postMessage(said);
}

function tell(said: Settled): void {
  if (said.letter.user !== box?.user) return;
  sessionStorage.setItem(LAST, JSON.stringify({ user: said.letter.user, outcome: said.outcome }));
  window.dispatchEvent(new CustomEvent<Settled>("outbox:settled", { detail: said }));
}

function tellChange(): void {
  window.dispatchEvent(new CustomEvent("outbox:changed"));
}

export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
