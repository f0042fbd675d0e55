import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Letter, Outbox, type Outcome, type Store, outcomeOf } from "../src/lib/outbox";

const answer = (status: number, body: object | null = null): Response =>
  new Response(body ? JSON.stringify(body) : "", {
    status: status || 200, headers: { "Content-Type": body ? "application/json" : "text/plain" },
  });

class Memory implements Store {
  constructor(readonly held = new Map<string, Letter>()) {}
  async add(letter: Letter): Promise<void> {
    this.held.set(letter.key, letter);
  }
  async all(): Promise<Letter[]> {
    return [...this.held.values()];
  }
  async remove(key: string): Promise<void> {
    this.held.delete(key);
  }
  async refuse(key: string, problem: Letter["problem"]): Promise<void> {
    this.held.set(key, { ...this.held.get(key)!, problem });
  }
}

const draft = (key: string): Omit<Letter, "order" | "problem" | "user"> => ({
  key, kind: "submit", project: "p", lease: `lease-${key}`, url: `/submit/${key}`, body: { groups: [[0]] }, showing: "next",
  stamp_ms: 1000, elapsed_ms: 5,
});

let settled: [string, Outcome][];
let store: Memory;
const replies = vi.fn<(url: string, sent: Record<string, unknown>) => Response>();
const asked = async (url: string, init: RequestInit): Promise<Response> => replies(url, JSON.parse(String(init.body ?? "{}")));
const fetching = vi.fn(asked);
const boxOf = (user: number): Outbox =>
  new Outbox(user, store, { changed: () => undefined, settled: (letter, outcome) => settled.push([letter.key, outcome]) }, undefined);

beforeEach(() => {
  vi.useFakeTimers();
  settled = [];
  store = new Memory();
  vi.stubGlobal("fetch", fetching);
  fetching.mockReset().mockImplementation(asked);
  replies.mockReset().mockImplementation(() => answer(200, { status: "counted" }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("an answer on its way", () => {
  it("is kept before it is sent, and gone when it is taken", async () => {
    replies.mockImplementation(() => {
      expect(store.held.size).toBe(1);
      return answer(200, { status: "counted" });
    });
    const box = boxOf(7);
    expect(await box.post(draft("a"))).toBe(true);
    await box.flush();
    expect(settled).toEqual([["a", { is: "taken", status: "counted" }]]);
    expect(store.held.size).toBe(0);
    expect(replies.mock.calls[0]![1]).toEqual({ groups: [[0]], key: "a", showing: "next", stamp_ms: 1000, elapsed_ms: 5 });
  });

  it("is sent again with the same key until an answer comes, ever more slowly", async () => {
    replies.mockImplementation(() => {
      throw new TypeError("no network");
    });
    const box = boxOf(7);
    await box.post(draft("a"));
    await box.flush();
    expect([box.hold, store.held.size]).toEqual(["offline", 1]);
    await vi.advanceTimersByTimeAsync(10_000);
    const tried = fetching.mock.calls.length;
    expect(tried).toBeGreaterThan(2);
    expect(tried).toBeLessThan(8);
    replies.mockImplementation(() => answer(200, { status: "replayed" }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(new Set(fetching.mock.calls.map(([, init]) => JSON.parse(String(init.body)).key))).toEqual(new Set(["a"]));
    expect(settled).toEqual([["a", { is: "taken", status: "replayed" }]]);
    expect(box.hold).toBe("");
  });

  it("keeps its place: a later one is not sent before it", async () => {
    replies.mockImplementation(() => answer(503));
    const box = boxOf(7);
    await box.post(draft("a"));
    await box.post(draft("b"));
    await box.flush();
    expect(new Set(fetching.mock.calls.map(([url]) => url))).toEqual(new Set(["/submit/a"]));
    replies.mockImplementation(() => answer(200, { status: "counted" }));
    await box.flush();
    expect(settled.map(([key]) => key)).toEqual(["a", "b"]);
  });

  it("stays when it is refused, with the reason, and holds no other one up", async () => {
    replies.mockImplementation((url) =>
      url === "/submit/a" ? answer(422, { code: "invalid_ranking", detail: "No.", problems: ["one"] }) : answer(200, { status: "counted" }),
    );
    const box = boxOf(7);
    await box.post(draft("a"));
    await box.post(draft("b"));
    await box.flush();
    expect((await box.letters()).map((letter) => [letter.key, letter.problem])).toEqual([
      ["a", { code: "invalid_ranking", detail: "No.", problems: ["one"] }],
    ]);
    expect(await box.waiting()).toEqual([]);
    await box.remove("a");
    expect(store.held.size).toBe(0);
  });

  it("waits for its author: another person neither sends nor sees it", async () => {
    replies.mockImplementation(() => answer(503));
    const box = boxOf(7);
    await box.post(draft("a"));
    await box.flush();
    fetching.mockClear();
    const other = boxOf(8);
    await other.flush();
    expect(fetching).not.toHaveBeenCalled();
    expect([await other.letters(), await other.ofOthers()]).toEqual([[], 1]);
  });

  it.each([
    [null, "signed_out"],
    [8, "other_person"],
  ])("is held while user %s is signed in", async (user, hold) => {
    replies.mockImplementation((url) =>
      url.includes("session") ? answer(200, { user, csrf: "fresh" }) : answer(401, { code: "not_authenticated" }),
    );
    const box = boxOf(7);
    await box.post(draft("a"));
    await box.flush();
    expect([box.hold, store.held.size, settled]).toEqual([hold, 1, []]);
  });

  it("is sent with a fresh token after its author signed in again", async () => {
    replies.mockImplementation((url) => (url.includes("session") ? answer(200, { user: 7, csrf: "fresh" }) : answer(403, { code: "permission_denied" })));
    const tokens: unknown[] = [];
    fetching.mockImplementation(async (url: string, init: RequestInit) => {
      const token = (init.headers as Record<string, string>)["X-CSRFToken"];
      if (!url.includes("session")) tokens.push(token);
      return token === "fresh" ? answer(200, { status: "counted" }) : replies(url, {});
    });
    const box = boxOf(7);
    await box.post(draft("a"));
    await box.flush();
    expect(tokens.at(-1)).toBe("fresh");
    expect(settled).toEqual([["a", { is: "taken", status: "counted" }]]);
  });

  it("is at risk only where this browser can't keep it, and is sent all the same", async () => {
    replies.mockImplementation(() => answer(503));
    vi.spyOn(store, "add").mockRejectedValue(new Error("full"));
    const box = boxOf(7);
    expect(await box.post(draft("a"))).toBe(false);
    await box.flush();
    expect(box.atRisk).toBe(true);
    replies.mockImplementation(() => answer(200, { status: "counted" }));
    await box.flush();
    expect([box.atRisk, settled.length]).toEqual([false, 1]);
  });
});

it.each([
  [0, null, "again"],
  [500, { code: "internal" }, "again"],
  [502, null, "again"],
  [408, {}, "again"],
  [429, {}, "again"],
  [200, null, "again"], // a page instead of an answer: some gateway's
  [404, null, "again"],
  [401, { code: "not_authenticated" }, "who"],
  [403, { code: "form_too_old" }, "who"],
  [403, { code: "scope_missing" }, "refused"],
  [404, { code: "not_found" }, "refused"],
  [409, { code: "already_answered" }, "refused"],
  [422, { code: "invalid_ranking" }, "refused"],
  [200, { status: "surplus" }, "taken"],
])("answer %s %j means %s", (status, body, is) => {
  expect(outcomeOf({ status, body, text: "" }).is).toBe(is);
});
