/**
 * Answers on their way to the server. Each is written into this browser's database before anything is sent, with an
 * idempotency key made once, and leaves it only when the server has taken it or its author removes it. It belongs to
 * one person: nobody else who uses this browser sends or sees it. Sent in order, one at a time, by one tab at a time;
 * where tabs can't agree the key makes a second sending harmless.
 */
import { type Answer, type Measured, ask, backoff, session } from "./net";

export interface Letter extends Measured {
  key: string;
  user: number;
  order: number;
  kind: "submit" | "skip" | "clock";
  project: string;
  lease: string;
  url: string;
  body: Record<string, unknown>;
  showing: string | null;
  problem: Problem | null;
}

export interface Problem {
  code: string;
  detail: string;
  problems: string[];
}

/** What became of a letter: taken, refused for good, or to be tried again; `who`: the sign-in has to be looked at. */
export type Outcome =
  | { is: "taken"; status: string }
  | { is: "refused"; problem: Problem }
  | { is: "again" }
  | { is: "who" };

export interface Store {
  add(letter: Letter): Promise<void>;
  all(): Promise<Letter[]>;
  remove(key: string): Promise<void>;
  refuse(key: string, problem: Problem): Promise<void>;
}

export type Hold = "" | "offline" | "signed_out" | "other_person";

export interface Listener {
  changed(): void;
  settled(letter: Letter, outcome: Outcome): void;
}

const MAYBE_SESSION = new Set(["not_authenticated", "permission_denied", "form_too_old", "authentication_failed"]);

/** Read the answer to a letter. Only what can never succeed is refused; everything unclear is tried again. */
export function outcomeOf(answer: Answer): Outcome {
  const { status, body } = answer;
  if (status >= 200 && status < 300 && body) return { is: "taken", status: String(body["status"] ?? "counted") };
  const code = String(body?.["code"] ?? "");
  if (status === 401 || (status === 403 && MAYBE_SESSION.has(code))) return { is: "who" };
  if (status < 400 || status >= 500 || status === 408 || status === 429 || !body) return { is: "again" };
  const problems = Array.isArray(body["problems"]) ? body["problems"].map(String) : [];
  return { is: "refused", problem: { code, detail: String(body["detail"] ?? ""), problems } };
}

export class Outbox {
  hold: Hold = "";
  private failures = 0;
  private timer = 0;
  private running: Promise<void> | null = null;
  private unsaved = new Map<string, Letter>();

  constructor(
    readonly user: number,
    private readonly store: Store,
    private readonly listener: Listener,
    private readonly locks: LockManager | undefined = navigator.locks,
  ) {}

  /** Whether something is not even in this browser's database: only then may leaving the page lose it. */
  get atRisk(): boolean {
    return this.unsaved.size > 0;
  }

  /** Keep a letter, then send. Resolves once it is written here, or false where the browser can't write. */
  async post(letter: Omit<Letter, "order" | "problem" | "user">): Promise<boolean> {
    const last = (await this.letters()).at(-1)?.order ?? 0;
    const whole: Letter = { ...letter, user: this.user, order: Math.max(Date.now(), last + 1), problem: null };
    let kept = true;
    try {
      await this.store.add(whole);
    } catch {
      this.unsaved.set(whole.key, whole);
      kept = false;
    }
    this.listener.changed();
    void this.flush();
    return kept;
  }

  async letters(): Promise<Letter[]> {
    const stored = await this.store.all().catch(() => []);
    return [...stored, ...this.unsaved.values()]
      .filter((letter) => letter.user === this.user)
      .sort((a, b) => a.order - b.order);
  }

  async waiting(): Promise<Letter[]> {
    return (await this.letters()).filter((letter) => letter.problem === null);
  }

  /** How many answers of other people wait in this browser. Their content is never shown. */
  async ofOthers(): Promise<number> {
    return (await this.store.all().catch(() => [])).filter((letter) => letter.user !== this.user).length;
  }

  async remove(key: string): Promise<void> {
    this.unsaved.delete(key);
    await this.store.remove(key);
    this.listener.changed();
  }

  /** Send all that waits. Calls while one runs join it. */
  flush(): Promise<void> {
    window.clearTimeout(this.timer);
    this.running ??= this.locked(() => this.sendAll()).finally(() => (this.running = null));
    return this.running;
  }

  private async locked(work: () => Promise<void>): Promise<void> {
    if (!this.locks) return work();
    await this.locks.request(`byhand.outbox.${this.user}`, work);
  }

  private async sendAll(): Promise<void> {
    let next: Letter | undefined;
    while ((next = (await this.waiting())[0])) {
      const outcome = await this.send(next);
      if (outcome.is === "again" || outcome.is === "who") return this.later(outcome.is);
      this.failures = 0;
      this.hold = "";
      if (outcome.is === "taken") await this.drop(next.key);
      else await this.keepRefused(next, outcome.problem);
      this.listener.settled(next, outcome);
      this.listener.changed();
    }
  }

  private async send(letter: Letter): Promise<Outcome> {
    const outcome = outcomeOf(await this.put(letter));
    if (outcome.is !== "who") return outcome;
    const now = await session();
    if (!now) return { is: "again" };
    this.hold = now.user === null ? "signed_out" : now.user === this.user ? "" : "other_person";
    if (this.hold) return outcome;
    const again = outcomeOf(await this.put(letter));
    return again.is === "who" ? { is: "again" } : again;
  }

  private put(letter: Letter): Promise<Answer> {
    const { key, showing, stamp_ms, elapsed_ms } = letter;
    return ask("POST", letter.url, { ...letter.body, key, showing, stamp_ms, elapsed_ms });
  }

  private later(why: "again" | "who"): void {
    if (why === "again") this.hold = "offline";
    this.timer = window.setTimeout(() => void this.flush(), backoff(this.failures++));
    this.listener.changed();
  }

  private async drop(key: string): Promise<void> {
    if (!this.unsaved.delete(key)) await this.store.remove(key);
  }

  private async keepRefused(letter: Letter, problem: Problem): Promise<void> {
    if (this.unsaved.has(letter.key)) this.unsaved.set(letter.key, { ...letter, problem });
    else await this.store.refuse(letter.key, problem);
  }
}
