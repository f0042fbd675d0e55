import { beforeEach, describe, expect, it } from "vitest";
import { dropDraft, keepDraft, resumeDraft } from "../src/lib/draft";
import { Ranking } from "../src/lib/ranking";

function half(): Ranking {
  const ranking = new Ranking([0, 1, 2, 3]);
  ranking.place(2);
  ranking.place(0);
  ranking.tie(0);
  ranking.refuse(3);
  return ranking;
}

describe("a draft", () => {
  beforeEach(() => localStorage.clear());

  it("comes back with its ties, refusals and note, and leaves the rest unplaced", () => {
    keepDraft("lease-1", half(), "both the same");
    const again = new Ranking([3, 1, 0, 2]);
    expect(resumeDraft("lease-1", again)).toBe("both the same");
    expect(again.groups).toEqual([[2, 0]]);
    expect(again.unacceptable).toEqual([3]);
    expect(again.unplaced).toEqual([1]);
  });

  it.each([
    ["another lease", "lease-2", [0, 1, 2, 3]],
    ["an item with fewer answers", "lease-1", [0, 1]],
  ])("is left alone by %s", (_, lease, indexes) => {
    keepDraft("lease-1", half(), "");
    const other = new Ranking(indexes as number[]);
    expect(resumeDraft(lease as string, other)).toBeNull();
    expect(other.groups).toEqual([]);
  });

  it("that was damaged, or dropped, places nothing", () => {
    const ranking = new Ranking([0, 1]);
    localStorage.setItem("byhand.draft", "{half");
    expect(resumeDraft("lease-1", ranking)).toBeNull();
    keepDraft("lease-1", half(), "");
    dropDraft();
    expect(resumeDraft("lease-1", ranking)).toBeNull();
    expect(ranking.unplaced).toEqual([0, 1]);
  });
});
