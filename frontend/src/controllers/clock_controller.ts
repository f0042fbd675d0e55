import { Controller } from "@hotwired/stimulus";
import { type Beat, Missed, bytesOf, compose, pauseAfter } from "../lib/beats";
import { t } from "../lib/i18n";
import { link, pageHeard, stamp } from "../lib/net";
import { newKey, outboxOf } from "../lib/post";
import { tabId } from "../lib/tab";

/**
 * The clock in the header: shows the server's figures ticking on, and says every 15 s that the page is there, on a
 * slow link once a minute. Hiding the page stops nothing. The server decides what was time; this proves presence.
 * After an outage answers that wait are sent first: they say what the time in between was.
 *
 *   <div data-controller="clock" data-clock-state-value="running" data-clock-token-value="…" data-clock-now-value="…">
 */
const HOLD_MS = 5 * 60_000;
const RECENT_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

export default class extends Controller<HTMLElement> {
  static override targets = ["state", "elapsed", "money", "question", "says"];
  static override values = {
    state: String, category: String, session: Number, earned: Number, hourly: Number, currency: String, token: String,
    work: String, begin: String, now: Number, user: Number,
    askAfter: { type: Number, default: 20 * 60_000 },
  };

  declare readonly hasMoneyTarget: boolean;
  declare readonly stateTarget: HTMLElement;
  declare readonly elapsedTarget: HTMLElement;
  declare readonly moneyTarget: HTMLElement;
  declare readonly questionTarget: HTMLElement;
  declare readonly saysTarget: HTMLElement;
  declare stateValue: string;
  declare categoryValue: string;
  declare sessionValue: number;
  declare earnedValue: number;
  declare hourlyValue: number;
  declare currencyValue: string;
  declare readonly tokenValue: string;
  declare workValue: string;
  declare readonly nowValue: number;
  declare readonly userValue: number;
  declare readonly beginValue: string;
  declare readonly askAfterValue: number;

  private startedAt = 0;
  private actedAt = 0;
  private touchedAt = -Infinity;
  private serverAsks = false;
  private ticking = 0;
  private beating = 0;
  private readonly onHide = (event: Event): void => {
    if (event.type === "pagehide" || document.hidden) this.leave();
  };
  private readonly onFocus = (): void => void this.beatIfMayBe();
  private readonly onShown = (event: Event): void => {
    this.workValue = (event as CustomEvent<{ work: string }>).detail.work;
  };
  private readonly onSettled = (): void => {
    if (this.missed.some) this.soon(0);
  };
  private readonly missed = new Missed();
  private told = "";
  private heardAt = -Infinity;
  private mayBeatAt = 0;
  private heldSince: number | null = null;
  private telling: Promise<boolean> | null = null;
  private untold: { state: "asked" | "answered"; at: number }[] = [];
  private readonly onAct = (): void => this.acted();
  private readonly onSubmit = (event: SubmitEvent): void => {
    nameTab(event.target as HTMLFormElement);
    this.saysTarget.textContent = "";
    if (navigator.onLine || !this.element.contains(event.target as Node)) return;
    event.preventDefault(); // a page that can't be fetched would take this one away
    const act = /\/clock\/(break|resume|stop)\/$/.exec((event.target as HTMLFormElement).action)?.[1];
    if (act && this.userValue && stamp.known) void this.actLater(act);
    else this.saysTarget.textContent = t("clock.no_button");
  };

  override connect(): void {
    this.startedAt = this.actedAt = performance.now();
    if (this.nowValue) stamp.set(this.nowValue * 1000, pageHeard());
    this.ticking = window.setInterval(() => this.tick(), 1000);
    window.addEventListener("pagehide", this.onHide);
    document.addEventListener("visibilitychange", this.onHide);
    window.addEventListener("focus", this.onFocus);
    window.addEventListener("online", this.onFocus);
    window.addEventListener("flow:shown", this.onShown);
    window.addEventListener("outbox:settled", this.onSettled);
    document.addEventListener("submit", this.onSubmit, true);
    for (const act of ACTS) document.addEventListener(act, this.onAct, { capture: true, passive: true });
    if (this.beginValue) void this.begin();
    else this.soon(0);
  }

  override disconnect(): void {
    window.clearInterval(this.ticking);
    window.clearTimeout(this.beating);
    window.removeEventListener("pagehide", this.onHide);
    document.removeEventListener("visibilitychange", this.onHide);
    window.removeEventListener("focus", this.onFocus);
    window.removeEventListener("online", this.onFocus);
    window.removeEventListener("flow:shown", this.onShown);
    window.removeEventListener("outbox:settled", this.onSettled);
    document.removeEventListener("submit", this.onSubmit, true);
    for (const act of ACTS) document.removeEventListener(act, this.onAct, { capture: true });
  }

  /** Any act answers the question; what the acts were never leaves the browser. */
  private acted(): void {
    this.actedAt = this.touchedAt = performance.now();
    if (this.questionTarget.hidden) return;
    this.questionTarget.hidden = true;
    this.serverAsks = false;
    this.tellPresence("answered");
  }

  private ask(): void {
    this.questionTarget.hidden = false;
    this.tellPresence("asked");
  }

  /** The server asks on its own account where it heard of no act for hours. A recent act here answers at once. */
  private heardOfQuestion(asked: boolean): void {
    if (asked && this.questionTarget.hidden) {
      if (performance.now() - this.touchedAt < this.askAfterValue) return this.tellPresence("answered");
      this.serverAsks = true;
      this.questionTarget.hidden = false;
    } else if (!asked && this.serverAsks) {
      this.serverAsks = false; // answered in another tab
      this.questionTarget.hidden = true;
    }
  }

  private tellPresence(state: "asked" | "answered"): void {
    this.untold.push({ state, at: performance.now() });
    void this.tellAll();
  }

  /** Tell in order what was asked and answered. Calls while one runs join it. */
  private tellAll(): Promise<boolean> {
    this.telling ??= this.tellEach().finally(() => (this.telling = null));
    return this.telling;
  }

  /** Each with how long ago it was. What can't be told now is kept. */
  private async tellEach(): Promise<boolean> {
    for (let next = this.untold[0]; next; next = this.untold[0]) {
      const ago = Math.round(performance.now() - next.at);
      const said = { token: this.tokenValue, state: next.state, ...(ago > 1000 ? { ago_ms: ago } : {}) };
      if ((await post("/clock/presence/", JSON.stringify(said))) === null) return false;
      if (this.untold[0] === next) this.untold.shift();
    }
    return true;
  }

  /** A text that we require is open: its paid time starts by itself. */
  private async begin(): Promise<void> {
    const body = new FormData();
    body.set("tab", tabId());
    body.set("csrfmiddlewaretoken", csrfToken());
    try {
      const response = await fetch(this.beginValue, { method: "POST", body, headers: { Accept: "application/json" } });
      if (response.status === 200) this.take((await response.json()) as Figures);
    } catch {
      // The form carries the signed time of opening, so the minutes are not lost.
    }
    this.soon(0);
  }

  /** Without a connection a break, a return or a stop goes into the outbox, and takes effect when it was pressed. */
  private async actLater(act: string): Promise<void> {
    const measured = stamp.measure();
    this.stateValue = { break: "break", stop: "stopped" }[act] ?? "running";
    const shown = act === "resume" ? (this.workValue ? "task" : "waiting") : this.stateValue;
    this.stateTarget.textContent = t(`clock.${shown}`);
    this.questionTarget.hidden = true;
    const letter = { key: newKey(), kind: "clock" as const, project: "", lease: "clock", url: "/clock/act/", body: { act } };
    await outboxOf(this.userValue).post({ ...letter, showing: null, ...measured });
    this.saysTarget.textContent = t("clock.kept_button");
  }

  private take(figures: Figures): void {
    this.startedAt = performance.now();
    this.stateValue = figures.state;
    this.categoryValue = figures.category ?? "";
    this.sessionValue = Number(figures.session_ms);
    this.earnedValue = Number(figures.earned_today_micro);
    this.hourlyValue = Number(figures.hourly_micro ?? 0);
    this.currencyValue = figures.currency ?? "";
    this.stateTarget.textContent = t(`clock.${figures.state === "running" ? this.categoryValue : figures.state}`);
    this.tick();
  }

  private tick(): void {
    const silent = performance.now() - this.actedAt >= this.askAfterValue;
    if (silent && this.stateValue === "running" && this.questionTarget.hidden) this.ask();
    if (this.stateValue !== "running" && this.stateValue !== "break") return;
    const passed = performance.now() - this.startedAt;
    this.elapsedTarget.textContent = clockForm(this.sessionValue + passed);
    if (this.hasMoneyTarget && this.stateValue === "running" && this.hourlyValue > 0) {
      this.moneyTarget.textContent = money(this.earnedValue + (passed * this.hourlyValue) / HOUR_MS, this.currencyValue);
    }
  }

  // --- beats -------------------------------------------------------------------------------------------------

  private soon(wait: number): void {
    window.clearTimeout(this.beating);
    this.beating = window.setTimeout(() => void this.beatIfMayBe(), wait);
  }

  /** Beat now, unless one went a moment ago on a slow link, or answers from before an outage still wait. */
  private async beatIfMayBe(): Promise<void> {
    if (this.stateValue === "stopped" || !this.tokenValue) return;
    const early = this.mayBeatAt - performance.now();
    if (early > 0) return this.soon(early);
    this.mayBeatAt = performance.now() + 1000;
    const beat = this.next(document.hasFocus());
    if ((await this.answersComeFirst()) || !(await this.tellAll())) return this.keep(beat);
    await this.send(beat);
  }

  private next(focused: boolean): Due {
    const elapsed = Math.round(performance.now());
    return { token: this.tokenValue, tab: tabId(), seq: nextSequence(), elapsed_ms: elapsed, work: this.workValue, focused };
  }

  private async send(beat: Due): Promise<void> {
    const missed = this.missed.take();
    const slow = link.slow;
    const body = compose({ ...beat, missed }, slow, this.told);
    if (slow) this.mayBeatAt = performance.now() + pauseAfter(bytesOf(body), slow);
    const began = performance.now();
    const answer = await post("/clock/beat/", body);
    if (answer === null) {
      this.missed.giveBack(missed);
      return this.keep(beat);
    }
    link.took(performance.now() - began);
    this.heardAt = performance.now();
    this.heldSince = null;
    this.saysTarget.textContent = "";
    if (body.includes('"work"')) this.told = beat.work ?? "";
    if (typeof answer["at_ms"] === "number") stamp.set(answer["at_ms"]);
    if (typeof answer["asked"] === "boolean" && this.untold.length === 0) this.heardOfQuestion(answer["asked"]);
    this.soon(pauseAfter(bytesOf(body), slow));
  }

  /** A beat that could not go proves presence later. While the page asks "Still working?" nobody is proven here. */
  private keep(beat: Due): void {
    if (this.missed.some) this.saysTarget.textContent = t("clock.offline");
    if (this.questionTarget.hidden) this.missed.add(beat.seq, beat.elapsed_ms);
    this.soon(pauseAfter(0, link.slow));
  }

  /** After an outage a beat would close the time that waiting answers explain. They get five minutes to arrive. */
  private async answersComeFirst(): Promise<boolean> {
    if (performance.now() - this.heardAt < RECENT_MS || !this.userValue) return false;
    const outbox = outboxOf(this.userValue);
    if ((await outbox.waiting()).length === 0) return false;
    this.heldSince ??= performance.now();
    if (performance.now() - this.heldSince > HOLD_MS && outbox.hold !== "offline") return false;
    void outbox.flush();
    return true;
  }

  /** The last sign of a page that goes or is hidden; on a slow link only where the minute has bytes left. */
  private leave(): void {
    if (this.stateValue === "stopped" || !this.tokenValue || (link.slow && this.mayBeatAt > performance.now())) return;
    if (this.missed.some || this.untold.length > 0) return; // out of touch: what waits is told first
    navigator.sendBeacon("/clock/beat/", compose(this.next(false), link.slow, this.told));
  }
}

/** Return the answer's JSON, {} where it is refused, null where none came. */
async function post(url: string, body: string): Promise<Record<string, unknown> | null> {
  try {
    const response = await fetch(url, { method: "POST", body, keepalive: true });
    if (response.status >= 500) return null;
    return response.ok ? ((await response.json()) as Record<string, unknown>) : {};
  } catch {
    return null;
  }
}

type Due = Beat & { focused: boolean };

/** Signs of a person. They answer the presence question and are counted nowhere. */
const ACTS = ["keydown", "pointerdown", "wheel", "touchstart"] as const;

interface Figures {
  state: string;
  category: string | null;
  session_ms: string;
  earned_today_micro: string;
  currency: string | null;
  hourly_micro: string | null;
}

function nextSequence(): number {
  const next = Number(sessionStorage.getItem("byhand.beat") ?? "0") + 1;
  sessionStorage.setItem("byhand.beat", String(next));
  return next;
}

function nameTab(form: HTMLFormElement): void {
  if (form.method !== "post" || form.elements.namedItem("tab")) return;
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = "tab";
  input.value = tabId();
  form.append(input);
}

function csrfToken(): string {
  return document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

function clockForm(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function money(micro: number, currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "code" });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  const scale = 10 ** digits;
  return format.format(Math.floor((micro / 1e6) * scale) / scale).replace("\u00a0", " ");
}
