import { expect, test } from "vitest";

import cases from "../../tests/frontend/visible_text_cases.json";
import { visibleText } from "../src/text";

test.each(cases)("$visible", ({ text, visible }) => {
  expect(visibleText(text)).toBe(visible);
});
