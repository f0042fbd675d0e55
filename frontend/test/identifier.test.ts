import { expect, test } from "vitest";

import { identifierOf } from "../src/identifier";

test("a file name becomes the identifier", () => {
  expect(identifierOf("./controllers/events_controller.ts")).toBe("events");
  expect(identifierOf("./controllers/ranking_keys_controller.ts")).toBe("ranking-keys");
});

test("another name is refused by name", () => {
  expect(() => identifierOf("./controllers/Thing.ts")).toThrow("./controllers/Thing.ts is not named");
});
