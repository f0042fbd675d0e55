import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { followJob, POLL_MS, type Feed, type JobEvent, type JobSnapshot } from "../src/follow";

class Stream extends EventTarget {
  static readonly CLOSED = 2;
  static opened: Stream[] = [];
  readyState = 1;
  onmessage: ((message: MessageEvent) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(
    readonly url: string,
    readonly options: EventSourceInit,
  ) {
    super();
    Stream.opened.push(this);
  }
  close(): void {
    this.readyState = Stream.CLOSED;
  }
  send(event: JobEvent): void {
    this.onmessage?.(new MessageEvent("message", { data: JSON.stringify(event) }));
  }
}

const job: JobSnapshot = {
  id: "j", kind: "train", state: "running", attempt: 1, max_attempts: 3, done: 2, total: 8, message: "", error: "",
  cancel_requested: false,
};
const event = (id: number): JobEvent => ({ id, kind: "metrics", at: "2026-01-01T00:00:00Z", data: { step: id } });
const answer = (feed: Feed): Response => new Response(JSON.stringify(feed));

function follow(after = 0) {
  const seen: number[] = [];
  const states: string[] = [];
  const ended = vi.fn();
  const stop = followJob({
    stream: "/stream", poll: "/poll", after, onEnd: ended,
    onEvent: (e) => seen.push(e.id),
    onState: (s) => states.push(s.state),
  });
  const stream = Stream.opened.at(-1);
  if (!stream) throw new Error("no stream was opened");
  return { seen, states, ended, stop, stream };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Stream);
  vi.stubGlobal("fetch", vi.fn());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the stream is opened with credentials, after the last event that the page shows", () => {
  const { stream } = follow(41);
  expect(stream.url).toBe("/stream?after=41");
  expect(stream.options).toEqual({ withCredentials: true });
});

test("a repeated event is told once", () => {
  const { stream, seen } = follow();
  [event(1), event(2), event(1), event(2), event(3)].forEach((e) => stream.send(e));
  expect(seen).toEqual([1, 2, 3]);
});

test("the end closes the stream and is told once", () => {
  const { stream, ended } = follow();
  stream.dispatchEvent(new MessageEvent("end", { data: "{}" }));
  stream.dispatchEvent(new MessageEvent("end", { data: "{}" }));
  expect(stream.readyState).toBe(Stream.CLOSED);
  expect(ended).toHaveBeenCalledTimes(1);
});

test("two broken connections are left to the browser, the third begins polling where the stream was", async () => {
  vi.mocked(fetch).mockImplementation(async () => answer({ job, events: [event(5), event(6)], ended: false }));
  const { stream, seen, states } = follow();
  stream.send(event(5));
  stream.onerror?.();
  stream.onerror?.();
  expect(fetch).not.toHaveBeenCalled();
  stream.onerror?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.mocked(fetch).mock.calls.map(([url]) => url)).toEqual(["/poll?after=5"]);
  expect(seen).toEqual([5, 6]);
  expect(states).toEqual(["running"]);
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(vi.mocked(fetch).mock.calls[1]?.[0]).toBe("/poll?after=6");
});

test("a stream that the server refuses is polled at once, and polling stops at the end", async () => {
  vi.mocked(fetch).mockImplementation(async () => answer({ job: { ...job, state: "succeeded" }, events: [], ended: true }));
  const { stream, ended } = follow();
  stream.readyState = Stream.CLOSED;
  stream.onerror?.();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(ended).toHaveBeenCalledTimes(1);
});

test("a server that is away is asked again, less often", async () => {
  vi.mocked(fetch).mockRejectedValue(new TypeError("offline"));
  const { stream } = follow();
  stream.readyState = Stream.CLOSED;
  stream.onerror?.();
  await vi.advanceTimersByTimeAsync(2 * POLL_MS);
  expect(fetch).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(4 * POLL_MS);
  expect(fetch).toHaveBeenCalledTimes(3);
});

test("stop ends everything", async () => {
  const { stream, seen, stop } = follow();
  stop();
  stream.send(event(1));
  expect(seen).toEqual([]);
  expect(stream.readyState).toBe(Stream.CLOSED);
});
