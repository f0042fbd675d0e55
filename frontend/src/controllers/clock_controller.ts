import { Controller } from "@hotwired/stimulus";

/**
 * The clock in the header: shows the server's figures ticking on, and says every 15 s that the page is there.
 * Hiding the page stops nothing. The server decides what was time; this only proves presence.
 *
 *   <div data-controller="clock" data-clock-state-value="running" data-clock-token-value="…">
 */
const BEAT_MS = 15_000;
const ASK_AFTER_MS = 20 * 60_000;
const HOUR_MS = 3_600_000;

export default class extends Controller<HTMLElement> {
  static override targets = ["state", "elapsed", "money", "question"];
  static override values = {
    state: String, category: String, session: Number, earned: Number, hourly: Number, currency: String, token: String,
    work: String, begin: String,
  };

  declare readonly hasMoneyTarget: boolean;
  declare readonly stateTarget: HTMLElement;
  declare readonly elapsedTarget: HTMLElement;
  declare readonly moneyTarget: HTMLElement;
  declare readonly questionTarget: HTMLElement;
  declare stateValue: string;
  declare categoryValue: string;
  declare sessionValue: number;
  declare earnedValue: number;
  declare hourlyValue: number;
  declare currencyValue: string;
  declare readonly tokenValue: string;
  declare readonly workValue: string;
  declare readonly beginValue: string;

  private startedAt = 0;
  private actedAt = 0;
  private ticking = 0;
  private beating = 0;
  private readonly onHide = (): void => this.beat(true);
  private readonly onFocus = (): void => this.beat(false);
  private readonly onAct = (): void => this.acted();
  private readonly onSubmit = (event: SubmitEvent): void => nameTab(event.target as HTMLFormElement);

  override connect(): void {
    this.startedAt = this.actedAt = performance.now();
    this.ticking = window.setInterval(() => this.tick(), 1000);
    this.beating = window.setInterval(() => this.beat(false), BEAT_MS);
    window.addEventListener("pagehide", this.onHide);
    window.addEventListener("focus", this.onFocus);
    document.addEventListener("submit", this.onSubmit, true);
    for (const act of ACTS) document.addEventListener(act, this.onAct, { capture: true, passive: true });
    if (this.beginValue) void this.begin();
    else this.beat(false);
  }

  override disconnect(): void {
    window.clearInterval(this.ticking);
    window.clearInterval(this.beating);
    window.removeEventListener("pagehide", this.onHide);
    window.removeEventListener("focus", this.onFocus);
    document.removeEventListener("submit", this.onSubmit, true);
    for (const act of ACTS) document.removeEventListener(act, this.onAct, { capture: true });
  }

  /** Any act answers the question; what the acts were never leaves the browser. */
  private acted(): void {
    this.actedAt = performance.now();
    if (this.questionTarget.hidden) return;
    this.questionTarget.hidden = true;
    this.tellPresence("answered");
  }

  private ask(): void {
    this.questionTarget.hidden = false;
    this.tellPresence("asked");
  }

  private tellPresence(state: "asked" | "answered"): void {
    const body = JSON.stringify({ token: this.tokenValue, state });
    void fetch("/clock/presence/", { method: "POST", body, keepalive: true }).catch(() => undefined);
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
    this.beat(false);
  }

  private take(figures: Figures): void {
    this.startedAt = performance.now();
    this.stateValue = figures.state;
    this.categoryValue = figures.category ?? "";
    this.sessionValue = Number(figures.session_ms);
    this.earnedValue = Number(figures.earned_today_micro);
    this.hourlyValue = Number(figures.hourly_micro ?? 0);
    this.currencyValue = figures.currency ?? "";
    this.stateTarget.textContent = figures.state === "running" ? this.categoryValue : figures.state;
    this.tick();
  }

  private tick(): void {
    const silent = performance.now() - this.actedAt >= ASK_AFTER_MS;
    if (silent && this.stateValue === "running" && this.questionTarget.hidden) this.ask();
    if (this.stateValue !== "running" && this.stateValue !== "break") return;
    const passed = performance.now() - this.startedAt;
    this.elapsedTarget.textContent = clockForm(this.sessionValue + passed);
    if (this.hasMoneyTarget && this.stateValue === "running" && this.hourlyValue > 0) {
      this.moneyTarget.textContent = money(this.earnedValue + (passed * this.hourlyValue) / HOUR_MS, this.currencyValue);
    }
  }

  private beat(leaving: boolean): void {
    if (this.stateValue === "stopped" || !this.tokenValue) return;
    const body = JSON.stringify({
      token: this.tokenValue, tab: tabId(), seq: nextSequence(), elapsed_ms: Math.round(performance.now()),
      work: this.workValue || null, focused: !leaving && document.hasFocus(),
    });
    if (leaving) navigator.sendBeacon("/clock/beat/", body);
    else void fetch("/clock/beat/", { method: "POST", body, keepalive: true }).catch(() => undefined);
  }
}

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

/** The name of this tab, the same after a reload. */
function tabId(): string {
  let id = sessionStorage.getItem("byhand.tab");
  if (!id) {
    id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem("byhand.tab", id);
  }
  return id;
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
