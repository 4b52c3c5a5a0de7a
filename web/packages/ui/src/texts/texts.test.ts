import { badFrenchMarks, leftInEnglish } from "@supportcarr/i18n/messageChecks";
import { expect, test } from "vitest";

import { texts as en } from "./en.ts";
import { texts as es } from "./es.ts";
import { texts as fr } from "./fr.ts";

test.each([
  ["es", es],
  ["fr", fr],
] as const)("nothing is left in English in %s", (_, translated) => {
  expect(leftInEnglish(en, translated, ["Messages"])).toEqual([]);
});

test("French is set as in Canada", () => {
  expect(badFrenchMarks(fr)).toEqual([]);
});
