import { describe, expect, it } from "vitest";
import { Ranking } from "../src/lib/ranking";

function placed(...groups: number[][]): Ranking {
  const ranking = new Ranking(groups.flat());
  for (const group of groups) {
    for (const [at, index] of group.entries()) {
      ranking.place(index);
      if (at > 0) ranking.tie(index);
    }
  }
  return ranking;
}

describe("Ranking", () => {
  it("starts with nothing placed", () => {
    const ranking = new Ranking([2, 0, 1]);
    expect(ranking.groups).toEqual([]);
    expect(ranking.complete).toBe(false);
  });

  it("places in the order of the presses and is complete at the last one", () => {
    const ranking = placed([2], [0], [1]);
    expect(ranking.groups).toEqual([[2], [0], [1]]);
    expect(ranking.complete).toBe(true);
  });

  it("moves a lone answer above the group before it, and no further than the top", () => {
    const ranking = placed([0], [1], [2]);
    expect(ranking.up(2)).toBe(true);
    expect(ranking.groups).toEqual([[0], [2], [1]]);
    expect(ranking.up(2)).toBe(true);
    expect(ranking.up(2)).toBe(false);
    expect(ranking.groups).toEqual([[2], [0], [1]]);
  });

  it("moves an answer out of its tie first, upwards and downwards", () => {
    const above = placed([0, 1, 2]);
    above.up(1);
    expect(above.groups).toEqual([[1], [0, 2]]);
    const below = placed([0, 1, 2]);
    below.down(1);
    expect(below.groups).toEqual([[0, 2], [1]]);
  });

  it("moves down below the next group, and no further than the end", () => {
    const ranking = placed([0], [1, 2]);
    expect(ranking.down(0)).toBe(true);
    expect(ranking.groups).toEqual([[1, 2], [0]]);
    expect(ranking.down(0)).toBe(false);
  });

  it("ties with the group above, and unties again", () => {
    const ranking = placed([0], [1]);
    expect(ranking.tie(1)).toBe(true);
    expect(ranking.groups).toEqual([[0, 1]]);
    expect(ranking.tie(1)).toBe(true);
    expect(ranking.groups).toEqual([[0], [1]]);
    expect(ranking.tie(0)).toBe(false);
  });

  it("keeps each answer in one place only", () => {
    const ranking = placed([0], [1]);
    ranking.refuse(0);
    expect(ranking.groups).toEqual([[1]]);
    expect(ranking.unacceptable).toEqual([0]);
    ranking.place(0);
    expect(ranking.unacceptable).toEqual([]);
    ranking.takeBack(0);
    expect(ranking.unplaced).toEqual([0]);
    expect(ranking.complete).toBe(false);
  });

  it("joins the tie that an answer is dropped into, and stands alone between groups", () => {
    const inside = placed([0, 1], [2]);
    inside.drop(2, 0, 1);
    expect(inside.groups).toEqual([[0, 2, 1]]);
    const between = placed([0], [1], [2]);
    between.drop(2, 0, 1);
    expect(between.groups).toEqual([[0], [2], [1]]);
    const last = placed([0], [1]);
    last.drop(0, 1, null);
    expect(last.groups).toEqual([[1], [0]]);
  });
});
