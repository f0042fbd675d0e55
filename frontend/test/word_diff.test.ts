import { describe, expect, it } from "vitest";
import { diffWords, wordsOf, type Piece } from "../src/lib/word_diff";

function side(pieces: readonly Piece[], without: Piece["kind"]): string {
  return pieces.filter((piece) => piece.kind !== without).map((piece) => piece.text).join("");
}

describe("diffWords", () => {
  it("names the words that were changed, and nothing else", () => {
    expect(diffWords("The lake is deep.", "The lake was very deep.")).toEqual([
      { kind: "same", text: "The lake " },
      { kind: "gone", text: "is" },
      { kind: "new", text: "was very" },
      { kind: "same", text: " deep." },
    ]);
  });

  it("finds nothing between equal texts, and everything from nothing", () => {
    expect(diffWords("a b", "a b")).toEqual([{ kind: "same", text: "a b" }]);
    expect(diffWords("", "new")).toEqual([{ kind: "new", text: "new" }]);
    expect(diffWords("gone", "")).toEqual([{ kind: "gone", text: "gone" }]);
    expect(diffWords("", "")).toEqual([]);
  });

  it("gives both texts back, whatever they are", () => {
    const pool = ["a", "b", " ", "c\n", "東", "京", "é", "👍"];
    let seed = 7;
    const next = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 200; round += 1) {
      const [from, to] = [0, 1].map(() => Array.from({ length: next(14) }, () => pool[next(pool.length)]).join(""));
      const pieces = diffWords(from!, to!)!;
      expect([side(pieces, "new"), side(pieces, "gone")]).toEqual([from, to]);
    }
  });

  it("makes no more edits than needed", () => {
    const pieces = diffWords("a b c d e", "a c d x e")!;
    expect(pieces.filter((piece) => piece.kind !== "same").map((piece) => piece.text.trim())).toEqual(["b", "x"]);
  });

  it("gives up on texts that share nothing, instead of hanging", () => {
    const words = (letter: string): string => Array.from({ length: 3000 }, (_, n) => `${letter}${n}`).join(" ");
    expect(diffWords(words("a"), words("b"), 200)).toBe(null);
  });

  it("takes each character of a script without spaces as a word", () => {
    expect(wordsOf("東京 is")).toEqual(["東", "京", " ", "is"]);
  });
});
