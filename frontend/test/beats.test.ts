import { describe, expect, it } from "vitest";
import { BEAT_MS, type Beat, Missed, SLOW_BEAT_MS, bytesOf, compose, pauseAfter } from "../src/lib/beats";
import { backoff, stamp } from "../src/lib/net";

const beat: Beat & { focused: boolean } = {
  token: "123456.0123456789abcdef:1wABCD:".padEnd(74, "s"), tab: "0123456789abcdef", seq: 9999, elapsed_ms: 99_999_999,
  work: `rank:${"0".repeat(36)}`, focused: true,
};

describe("a beat on a slow link", () => {
  it("fits into 200 bytes, with its item and with what an hour without a connection held back", () => {
    expect(bytesOf(compose(beat, true, ""))).toBeLessThanOrEqual(200);
    const missed = new Missed();
    for (let at = 0; at < 60; at += 1) missed.add(9000 + at, 90_000_000 + at * 60_000);
    const body = compose({ ...beat, missed: missed.take() }, true, beat.work!);
    expect(bytesOf(body)).toBeLessThanOrEqual(240);
    expect(pauseAfter(bytesOf(body), true)).toBe(Math.ceil(bytesOf(body) * 300));
  });

  it("names the item once, and again when it changes", () => {
    const named = (told: string, slow: boolean): boolean => "work" in JSON.parse(compose(beat, slow, told));
    expect([named("", true), named(beat.work!, true), named("rank:other", true), named(beat.work!, false)]).toEqual([true, false, true, true]);
  });

  it("makes room for a longer one by a longer pause", () => {
    expect([pauseAfter(150, true), pauseAfter(400, true), pauseAfter(400, false)]).toEqual([SLOW_BEAT_MS, 120_000, BEAT_MS]);
  });
});

describe("beats of an outage", () => {
  const kept = (times: number[]): number[] => {
    const missed = new Missed();
    times.forEach((at, seq) => missed.add(seq, at));
    return missed.take().map(([, at]) => at);
  };

  it("are thinned, never further apart than twenty minutes where the page was there", () => {
    const minutes = Array.from({ length: 400 }, (_, at) => at * 15_000);
    const found = kept(minutes);
    expect(found.length).toBeLessThan(8);
    expect([found[0], found.at(-1)]).toEqual([0, minutes.at(-1)]);
    for (let at = 1; at < found.length; at += 1) expect(found[at]! - found[at - 1]!).toBeLessThanOrEqual(20 * 60_000);
  });

  it("keep a gap in which the page was not there", () => {
    expect(kept([0, 60_000, 40 * 60_000, 41 * 60_000])).toEqual([0, 60_000, 40 * 60_000, 41 * 60_000]);
  });

  it("come back when they could not be sent", () => {
    const missed = new Missed();
    missed.add(1, 1);
    const taken = missed.take();
    expect(missed.some).toBe(false);
    missed.giveBack(taken);
    missed.add(2, 2);
    expect(missed.take()).toEqual([[1, 1], [2, 2]]);
  });
});

describe("time between two stamps", () => {
  it("is counted from the newest one that the server told", () => {
    stamp.set(5000, 100);
    stamp.set(4000, 900); // an answer that was overtaken
    expect(stamp.measure(350)).toEqual({ stamp_ms: 5000, elapsed_ms: 250 });
  });

  it("is never less than nothing", () => {
    expect(stamp.measure(0).elapsed_ms).toBe(0);
  });
});

it("waits longer after each failure, a minute at most", () => {
  expect([0, 1, 2, 6, 60].map((failures) => backoff(failures, 0.5))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
});
