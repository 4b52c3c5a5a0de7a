import { badFrenchMarks, leftInEnglish } from "@supportcarr/i18n/messageChecks";
import { expect, test } from "vitest";

import { messages as en } from "./en.ts";
import { messages as es } from "./es.ts";
import { messages as fr } from "./fr.ts";

test.each([
  ["es", es],
  ["fr", fr],
] as const)("nothing is left in English in %s", (_, translated) => {
  expect(leftInEnglish(en, translated, [])).toEqual([]);
});

test("French is set as in Canada", () => {
  expect(badFrenchMarks(fr)).toEqual([]);
});
