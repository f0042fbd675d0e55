import { expect, test } from "vitest";

import { readingTime, wordsOf } from "../src/lib/reading";
import { microOf, NOTHING, shownAmount, worstCaseMicro } from "../src/lib/worst_case";

const planned = { ...NOTHING, ballots: 3, hourly: "22200000", currency: "USD" };

test("the worst case is the one of wages.rates.publishing", () => {
  expect(worstCaseMicro(planned, null, "60")).toBe(73_260_000n);
  expect(worstCaseMicro({ ...planned, ballots: 1 }, "0.000001", "1")).toBe(1n); // 11/600 of a micro-unit, rounded up
});

// the same figures and sums as in tests/annotation/test_worst_case_page.py
test("premiums, overhead and fees are in it, and a piece where it is dearer than its time", () => {
  const all = { ...planned, premium_permille: 250, overhead: "10000000", fees_permille: 120 };
  // 3 x 1.1 x 27.75 = 91.575; and 10 = 101.575; and 12 % = 113.764
  expect(worstCaseMicro(all, null, "60")).toBe(113_764_000n);
  expect(worstCaseMicro(all, "22.20", "60")).toBe(113_764_000n);
  expect(worstCaseMicro({ ...planned, piece: "30000000" }, null, "60")).toBe(99_000_000n);
  expect(worstCaseMicro({ ...planned, piece: "30000000" }, null, "120")).toBe(146_520_000n);
  expect(worstCaseMicro({ ...planned, overhead: "100000000000000001" }, null, "60")).toBe(100_000_073_260_001n + 99_900_000_000_000_000n);
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
