import { expect, it } from "vitest";
import { applyAct } from "../src/lib/acts";
import { Answer } from "../src/lib/answer";

function fresh(topM: number | null = null, strength = false): Answer {
  return new Answer([0, 1, 2], { topM, strength, dimensions: [] });
}

it("places and takes back with one button, and refuses twice to take back", () => {
  const answer = fresh();
  expect([applyAct(answer, "toggle", 1), answer.order.zoneOf(1)]).toEqual(["", "ranked"]);
  expect([applyAct(answer, "toggle", 1), answer.order.zoneOf(1)]).toEqual(["", "unplaced"]);
  expect([applyAct(answer, "refuse", 1), answer.order.zoneOf(1)]).toEqual(["", "unacceptable"]);
  expect([applyAct(answer, "refuse", 1), answer.order.zoneOf(1)]).toEqual(["", "unplaced"]);
});

it("says why an answer does not move", () => {
  const answer = fresh();
  expect(applyAct(answer, "up", 0)).toBe("ranking.not_in_order");
  applyAct(answer, "place", 0);
  expect(applyAct(answer, "up", 0)).toBe("ranking.stays ranking.where.ranked");
  expect(applyAct(answer, "tie", 0)).toBe("ranking.stays ranking.where.ranked");
});

it("knows neither below nor strength where the project does not ask", () => {
  const answer = fresh();
  expect([applyAct(answer, "below", 0), applyAct(answer, "strength", 0), applyAct(answer, "search", 0)]).toEqual([null, null, null]);
  expect(answer.order.unplaced).toEqual([0, 1, 2]);
});

it("says a strength only of what has something above it", () => {
  const answer = fresh(null, true);
  expect(applyAct(answer, "strength", 1)).toBe("ranking.nothing_above"); // not placed at all
  applyAct(answer, "place", 0);
  expect(applyAct(answer, "strength", 0)).toBe("ranking.nothing_above");
  applyAct(answer, "place", 1);
  expect([applyAct(answer, "strength", 1, "clear"), answer.strengthAt(0)]).toEqual(["", "clear"]);
});

it("leaves below and takes back by the same key", () => {
  const answer = fresh(1);
  applyAct(answer, "below", 2);
  expect(answer.order.unranked).toEqual([2]);
  applyAct(answer, "below", 2);
  expect(answer.order.unranked).toEqual([]);
});
