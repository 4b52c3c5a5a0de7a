import { expect, test } from "vitest";

import { sentenceFor } from "./useProblemText.ts";

const known: Record<string, string> = { unreachable: "No connection.", promo_code_unknown: "No such code.", unknown: "That did not work." };
const ofCode = (code: string) => known[code] ?? null;
const problem = (code: string, detail = "", errors: { field: string; code: string; detail: string }[] = []) => ({ status: 400, code, title: "Bad", detail, errors });

test("a known code has a sentence of ours, any other the platform's", () => {
  expect(sentenceFor(problem("unreachable"), ofCode)).toBe("No connection.");
  expect(sentenceFor(problem("brand_new", "The platform says so."), ofCode)).toBe("The platform says so.");
  expect(sentenceFor(problem("brand_new"), ofCode)).toBe("That did not work.");
});

test("invalid fields are named", () => {
  const errors = [
    { field: "promo_code", code: "unknown", detail: "There is no promotion of that code" },
    { field: "note", code: "too_long", detail: "At most 500 letters" },
  ];
  expect(sentenceFor(problem("validation_failed", "", errors), ofCode)).toBe("No such code. At most 500 letters");
});
