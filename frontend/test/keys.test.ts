import { expect, it } from "vitest";
import { meaningOf } from "../src/lib/keys";

it.each([
  ["t", "KeyT", false, "t"],
  ["T", "KeyT", false, "t"], // Caps Lock
  ["Z", "KeyZ", true, "Z"],
  ["z", "KeyZ", true, "Z"], // Caps Lock and Shift
  ["ف", "KeyT", false, "t"], // an Arabic layout
  ["я", "KeyZ", true, "Z"], // a Russian layout
  ["1", "Digit1", true, "1"], // a French layout, digits behind Shift
  ["&", "Digit1", false, "1"], // and without
  ["!", "Digit1", true, "!"],
  ["٣", "Digit3", false, "3"],
  ["ArrowUp", "Numpad8", false, "ArrowUp"], // no Num Lock
  ["8", "Numpad8", false, "8"],
  ["?", "Minus", true, "?"],
  ["/", "Slash", false, "/"],
  ["Enter", "Enter", false, "Enter"],
  ["k", "KeyT", false, "k"], // another Latin layout: what is printed on the key counts
])("%s of %s, shift %s, means %s", (key, code, shiftKey, meaning) => {
  expect(meaningOf({ key, code, shiftKey })).toBe(meaning);
});
