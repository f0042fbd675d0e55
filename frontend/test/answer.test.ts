import { describe, expect, it } from "vitest";
import { Answer, type Asked } from "../src/lib/answer";
import { History } from "../src/lib/history";
import { findAll } from "../src/lib/search";

const ALL: Asked = { topM: null, strength: true, dimensions: ["accuracy", "clarity"] };
const BEST_TWO: Asked = { topM: 2, strength: false, dimensions: [] };

function placed(asked: Asked, ...indexes: number[]): Answer {
  const answer = new Answer([2, 0, 1, 3], asked);
  for (const index of indexes) answer.order.place(index);
  return answer;
}

describe("Answer", () => {
  it("says nothing before anybody acts, and names what is missing", () => {
    const answer = placed(ALL);
    expect(answer.toJSON()).toEqual({ groups: [], unranked: [], unacceptable: [], strengths: [], ratings: {}, flags: [] });
    expect(answer.missing()).toEqual({ why: "unplaced", indexes: [2, 0, 1, 3] });
  });

  it("leaves the rest below only after the best are ordered", () => {
    const answer = placed(BEST_TWO, 3);
    expect(answer.mayLeaveRest).toBe(false);
    answer.order.place(0);
    expect(answer.mayLeaveRest).toBe(true);
    expect(answer.leaveRest()).toEqual([2, 1]);
    expect(answer.toJSON()).toMatchObject({ groups: [[3], [0]], unranked: [2, 1] });
    expect(answer.missing()).toBe(null);
    answer.order.refuse(0);
    expect(answer.missing()).toEqual({ why: "too_few", ordered: 1 });
  });

  it("never leaves the rest below where a full order is asked", () => {
    expect(placed(ALL, 0, 1, 2).mayLeaveRest).toBe(false);
  });

  it("keeps a strength with its two groups, wherever they move", () => {
    const answer = placed(ALL, 0, 1, 2, 3);
    answer.setStrength(0, "strong");
    answer.setStrength(2, "slight");
    expect(answer.toJSON().strengths).toEqual(["strong", null, "slight"]);
    answer.order.up(2);
    expect(answer.toJSON().strengths).toEqual([]);
    answer.order.down(2);
    expect(answer.toJSON().strengths).toEqual(["strong", null, "slight"]);
    answer.order.tie(1);
    expect(answer.toJSON().strengths).toEqual([null, "slight"]);
  });

  it("takes a strength back when it is said again, and steps through all of them", () => {
    const answer = placed(ALL, 0, 1, 2, 3);
    expect(answer.setStrength(0, "clear")).toBe("clear");
    expect(answer.setStrength(0, "clear")).toBe(null);
    expect([1, 2, 3, 4].map(() => answer.stepStrength(1))).toEqual(["slight", "clear", "strong", null]);
  });

  it("keeps ratings by completion and leaves out what nobody rated", () => {
    const answer = placed(ALL);
    answer.rate("clarity", 1, 4);
    answer.rate("accuracy", 0, 2);
    answer.rate("accuracy", 0, null);
    expect(answer.toJSON().ratings).toEqual({ clarity: [null, 4, null, null] });
  });

  it("flags one completion or the item, each kind once", () => {
    const answer = placed(ALL);
    answer.setFlag("harmful", 1, true);
    answer.setFlag("harmful", 1, true);
    answer.setFlag("other", null, true);
    expect(answer.toJSON().flags).toEqual([{ kind: "harmful", completion: 1 }, { kind: "other", completion: null }]);
    expect([answer.flagsOf(1), answer.flagsOf(null), answer.flagsOf(0)]).toEqual([1, 1, 0]);
    answer.setFlag("harmful", 1, false);
    expect(answer.hasFlag("harmful", 1)).toBe(false);
  });

  it("comes back from its JSON as it was", () => {
    const answer = placed(ALL, 3, 1);
    answer.order.tie(1);
    answer.order.place(0);
    answer.order.refuse(2);
    answer.setStrength(0, "clear");
    answer.rate("accuracy", 2, 5);
    answer.setFlag("illegal", 2, true);
    const json = JSON.parse(JSON.stringify(answer));
    const again = placed(ALL);
    expect(again.take(json)).toBe(true);
    expect(JSON.parse(JSON.stringify(again))).toEqual(json);
  });

  it("refuses what names another item's completions, or one twice, and stays as it was", () => {
    const answer = placed(ALL, 1);
    expect(answer.take({ groups: [[0], [7]], unranked: [], unacceptable: [] })).toBe(false);
    expect(answer.take({ groups: [[0]], unranked: [0], unacceptable: [] })).toBe(false);
    expect(answer.toJSON().groups).toEqual([[1]]);
  });
});

describe("History", () => {
  it("goes back and forth, and forgets what was undone at the next act", () => {
    const history = new History({ n: 0 });
    expect(history.push({ n: 0 })).toBe(false);
    history.push({ n: 1 });
    history.push({ n: 2 });
    expect(history.undo()).toEqual({ n: 1 });
    expect(history.undo()).toEqual({ n: 0 });
    expect(history.undo()).toBe(null);
    expect(history.redo()).toEqual({ n: 1 });
    history.push({ n: 5 });
    expect(history.canRedo).toBe(false);
    expect(history.undo()).toEqual({ n: 1 });
  });
});

describe("findAll", () => {
  it.each([
    ["The cat. THE END", "the", [[0, 3], [9, 12]]],
    ["a.b axb", "a.b", [[0, 3]]],
    ["two\n  words", "two words", [[0, 11]]],
    ["東京は東京", "東京", [[0, 2], [3, 5]]],
    ["İstanbul ist", "ist", [[9, 12]]],
    ["text", "  ", []],
  ])("finds in %j the phrase %j", (text, phrase, spans) => {
    expect(findAll(text, phrase).map(({ start, end }) => [start, end])).toEqual(spans);
  });
});
