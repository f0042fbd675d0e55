import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DraftSync, type DraftState, type Newer, dropLocal, keepLocal, localDraft, same } from "../src/lib/drafts";
import { link } from "../src/lib/net";

const content = (note: string): Record<string, unknown> => ({ groups: [[0]], note });
const reply = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

let states: DraftState[];
let newer: Newer[];
let sync: DraftSync;
const server = vi.fn<(sent: { content: unknown; revision: number }) => Response>();

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  for (let at = 0; at < 40; at += 1) link.took(1); // no test is slow because the one before waited
  states = [];
  newer = [];
  server.mockReset().mockImplementation(({ revision }) => reply(200, { revision, lease: "live" }));
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => server(JSON.parse(String(init.body))));
  const page = { told: (state: DraftState) => states.push(state), newer: (found: Newer) => newer.push(found), saved: () => undefined };
  sync = new DraftSync(7, "lease", "/draft", 0, page);
});
afterEach(() => {
  sync.end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
const sent = (): number[] => server.mock.calls.map(([body]) => body.revision);

describe("what this browser keeps", () => {
  it("is there at once, per person and lease", () => {
    sync.change(content("one"));
    expect(localDraft(7, "lease")?.content).toEqual(content("one"));
    expect([localDraft(8, "lease"), localDraft(7, "other")]).toEqual([null, null]);
    expect(states).toEqual(["here"]);
    dropLocal(7, "lease");
    expect(localDraft(7, "lease")).toBeNull();
  });

  it("holds several leases and lets the oldest go", () => {
    for (let at = 0; at < 25; at += 1) {
      vi.setSystemTime(at);
      keepLocal(7, `lease-${at}`, { content: content(""), revision: 0, sent: false });
    }
    expect([localDraft(7, "lease-4"), localDraft(7, "lease-5")?.at]).toEqual([null, 5]);
  });

  it("says so when it can't be kept", () => {
    const setItem = (): void => {
      throw new DOMException("full", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", { getItem: () => null, setItem });
    sync.change(content("one"));
    expect(states).toEqual(["page_only"]);
  });
});

describe("what the server gets", () => {
  it("comes after a pause, the newest state alone, with the next revision", async () => {
    sync.change(content("one"));
    await vi.advanceTimersByTimeAsync(1000);
    sync.change(content("two"));
    await vi.advanceTimersByTimeAsync(2000);
    expect(server.mock.calls.map(([body]) => body)).toEqual([{ content: content("two"), revision: 1 }]);
    sync.change(content("three"));
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent()).toEqual([1, 2]);
    expect(states.at(-1)).toBe("server");
  });

  it("is one request at a time", async () => {
    let finish!: (response: Response) => void;
    vi.stubGlobal("fetch", (_url: string, init: RequestInit) => {
      server(JSON.parse(String(init.body)));
      return new Promise<Response>((resolve) => (finish = resolve));
    });
    sync.change(content("one"));
    await vi.advanceTimersByTimeAsync(2000);
    sync.change(content("two"));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sent()).toEqual([1]);
    finish(reply(200, { revision: 1 }));
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent()).toEqual([1, 2]);
  });

  it("of another tab is told, and may be kept over", async () => {
    server.mockImplementation(({ revision }) =>
      revision <= 4 ? reply(409, { code: "stale_draft", content: content("theirs"), revision: 4 }) : reply(200, { revision }),
    );
    sync.change(content("mine"));
    await vi.advanceTimersByTimeAsync(2000);
    expect(newer).toEqual([{ content: content("theirs"), revision: 4 }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent()).toEqual([1]); // it waits for the person
    sync.insist(newer[0]!, content("mine"));
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent()).toEqual([1, 5]);
  });

  it("goes on from the newer state once that is shown", async () => {
    server.mockImplementation(({ revision }) =>
      revision <= 4 ? reply(409, { code: "stale_draft", content: content("theirs"), revision: 4 }) : reply(200, { revision }),
    );
    sync.change(content("mine"));
    await vi.advanceTimersByTimeAsync(2000);
    sync.change(content("theirs, and more"));
    await vi.advanceTimersByTimeAsync(2000);
    expect([newer.length, sent()]).toEqual([1, [1, 5]]);
    expect(localDraft(7, "lease")?.content).toEqual(content("theirs, and more"));
  });

  it("that arrived with its answer lost is known as our own", async () => {
    const lost = { ...content("one") };
    server.mockImplementationOnce(() => {
      throw new TypeError("lost on the way back");
    });
    sync.change(content("one"));
    await vi.advanceTimersByTimeAsync(2000);
    server.mockImplementation(({ revision }) =>
      revision === 1 ? reply(409, { code: "stale_draft", content: lost, revision: 1 }) : reply(200, { revision }),
    );
    sync.change(content("two"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect([newer, sent()]).toEqual([[], [1, 1, 2]]);
    expect(states.at(-1)).toBe("server");
  });

  it("ends when the item is answered, and nothing is sent after", async () => {
    sync.change(content("one"));
    sync.end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent()).toEqual([]);
  });

  it.each([
    [401, {}, "signed_out"],
    [409, { code: "already_answered" }, "over"],
  ])("refused with %s says %s", async (status, body, state) => {
    server.mockImplementation(() => reply(status, body));
    sync.change(content("one"));
    await vi.advanceTimersByTimeAsync(2000);
    expect(states.at(-1)).toBe(state);
    expect(localDraft(7, "lease")?.content).toEqual(content("one"));
  });
});

it("compares states whatever the order of their keys", () => {
  expect(same({ a: [1, { b: 2, c: null }] }, { a: [1, { c: null, b: 2 }] })).toBe(true);
  expect(same({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
});
