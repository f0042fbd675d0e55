import { expect, test } from "vitest";

import { readingTime, wordsOf } from "../src/lib/reading";
import { microOf, shownAmount, worstCaseMicro } from "../src/lib/worst_case";

const planned = { ballots: 3, hourly: 22_200_000, currency: "USD", digits: 2 };

test("the worst case is the one of wages.publishing", () => {
  expect(worstCaseMicro(planned, null, "60")).toBe(73_260_000n);
  expect(worstCaseMicro({ ...planned, ballots: 1 }, "0.000001", "1")).toBe(1n); // 11/600 of a micro-unit, rounded up
});

test("what is no amount or no number of minutes changes nothing", () => {
  for (const rate of ["", "22,20", "-1", "0", "1e3"]) expect(worstCaseMicro(planned, rate, "60")).toBeNull();
  for (const minutes of ["", "x", "1.5", "99999", null]) expect(worstCaseMicro(planned, "22.20", minutes)).toBeNull();
});

test("amounts are read and shown in whole micro-units", () => {
  expect(microOf("22.2")).toBe(22_200_000n);
  expect(microOf("0.0000001")).toBeNull();
  expect(shownAmount(2_442_000_000n, "USD", 2)).toBe("USD 2,442.00");
  expect(shownAmount(5_000_001n, "USD", 2)).toBe("USD 5.01");
  expect(shownAmount(1_500_000n, "JPY", 0)).toBe("JPY 2");
});

test("words and reading time are those of annotation/reading.py", () => {
  expect(wordsOf(" Read  all\nof it. ")).toBe(4);
  expect(wordsOf("")).toBe(0);
  expect(readingTime(500, 200)).toBe("2 min 30 s");
  expect(readingTime(5, 200)).toBe("1 s");
});
