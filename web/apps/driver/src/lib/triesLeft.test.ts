import { expect, test } from "vitest";

import { triesLeft } from "./triesLeft.ts";

test("the sentence of the platform says how many tries are left", () => {
  expect(triesLeft("This is not the PIN that the rider sees; tries left: 3.")).toBe(3);
  expect(triesLeft("This is not the PIN that the rider sees; tries left: 0.")).toBe(0);
  expect(triesLeft("This is not the PIN that the rider sees")).toBeNull();
});
