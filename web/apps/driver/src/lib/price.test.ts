import { expect, test } from "vitest";

import { fractionDigitsOf, readAmount } from "./price.ts";

test.each([
  ["20", 2, 2_000],
  ["20.5", 2, 2_050],
  [" 20,50 ", 2, 2_050],
  ["0", 2, 0],
  ["20.505", 2, null],
  ["2000", 0, 2_000],
  ["20.5", 0, null],
  ["", 2, null],
  ["-5", 2, null],
  ["ten", 2, null],
])("%j with %d digits is %j", (entered, digits, minor) => expect(readAmount(entered, digits)).toBe(minor));

test("yen have no fraction", () => expect([fractionDigitsOf("CAD"), fractionDigitsOf("JPY")]).toEqual([2, 0]));
