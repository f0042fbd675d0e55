/**
 * Requests that a bad connection may lose, and time that the browser measures between two stamps of the server.
 * `ask` never throws: no answer is a result like any other.
 */
export interface Answer {
  /** 0: nothing came back */
  status: number;
  /** the JSON object, or null where the answer is none */
  body: Record<string, unknown> | null;
  text: string;
}

export interface Session {
  user: number | null;
  csrf: string;
}

const LONGEST_MS = 60_000;
const SESSION_URL = "/work/session/";
let csrf: string | null = null;

export async function ask(method: string, url: string, json?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json, text/html;q=0.5" };
  if (method !== "GET") headers["X-CSRFToken"] = csrf ?? tokenOfPage();
  if (json !== undefined) headers["Content-Type"] = "application/json";
  const began = performance.now();
  try {
    const body = json === undefined ? null : JSON.stringify(json);
    const signal = AbortSignal.timeout(LONGEST_MS);
    const response = await fetch(url, { method, headers, body, signal, redirect: "manual", cache: "no-store" });
    const text = await response.text();
    link.took(performance.now() - began);
    // a page asks for a sign-in by sending elsewhere; the API says 401
    if (response.type === "opaqueredirect") return { status: 401, body: null, text: "" };
    return { status: response.status, body: jsonOf(response, text), text };
  } catch {
    return { status: 0, body: null, text: "" };
  }
}

/** Who is signed in now, with a CSRF token of that session; null: no connection. */
export async function session(): Promise<Session | null> {
  const answer = await ask("GET", SESSION_URL);
  if (answer.status !== 200 || !answer.body) return null;
  csrf = String(answer.body["csrf"]);
  return { user: answer.body["user"] as number | null, csrf };
}

function tokenOfPage(): string {
  return document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

function jsonOf(response: Response, text: string): Record<string, unknown> | null {
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** How good the link is, from what the browser says and from how long answers took. */
class Link {
  private usual = 0;

  took(ms: number): void {
    this.usual = this.usual === 0 ? ms : this.usual * 0.7 + ms * 0.3;
  }

  get slow(): boolean {
    const said = (navigator as { connection?: { saveData?: boolean; effectiveType?: string } }).connection;
    return said?.saveData === true || ["slow-2g", "2g"].includes(said?.effectiveType ?? "") || this.usual > SLOW_MS;
  }
}

const SLOW_MS = 2500;
export const link = new Link();

export interface Measured {
  stamp_ms: number;
  elapsed_ms: number;
}

/** The last time that the server told, and how long ago that was by the browser's monotonic clock. */
class Stamp {
  private at = 0;
  private heard = 0;

  /** `at` in milliseconds since 1970 by the server's clock, `heard` by this page's. */
  set(at: number, heard = performance.now()): void {
    if (at < this.at) return;
    this.at = at;
    this.heard = heard;
  }

  get known(): boolean {
    return this.at > 0;
  }

  measure(now = performance.now()): Measured {
    return { stamp_ms: Math.floor(this.at), elapsed_ms: Math.max(0, Math.round(now - this.heard)) };
  }
}

export const stamp = new Stamp();

/** When the page's first byte came, by its own clock: the server wrote its stamp just before. */
export function pageHeard(): number {
  const entry = performance.getEntriesByType?.("navigation")[0] as PerformanceNavigationTiming | undefined;
  return entry?.responseStart || performance.now();
}

/** Wait longer after each failure: 1 s to a minute, with some chance in it so that not all come back at once. */
export function backoff(failures: number, random = Math.random()): number {
  return Math.min(60_000, 1000 * 2 ** Math.min(failures, 6)) * (0.75 + random / 2);
}
