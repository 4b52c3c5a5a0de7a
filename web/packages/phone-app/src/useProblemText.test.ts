import { expect, test } from "vitest";

import { sentenceFor, type Sentences } from "./useProblemText.ts";

const known: Record<string, string> = { unreachable: "No connection.", promo_code_unknown: "No such code.", unknown: "That did not work." };
const english: Sentences = { ofCode: (code) => known[code] ?? null, ofField: () => null, english: true };
const problem = (code: string, detail = "", errors: { field: string; code: string; detail: string }[] = []) => ({ status: 400, code, title: "Bad", detail, errors });

test("a known code has a sentence of ours, any other the platform's", () => {
  expect(sentenceFor(problem("unreachable"), english)).toBe("No connection.");
  expect(sentenceFor(problem("brand_new", "The platform says so."), english)).toBe("The platform says so.");
  expect(sentenceFor(problem("brand_new"), english)).toBe("That did not work.");
});

test("invalid fields are named", () => {
  const errors = [
    { field: "promo_code", code: "unknown", detail: "There is no promotion of that code" },
    { field: "note", code: "too_long", detail: "At most 500 letters" },
  ];
  expect(sentenceFor(problem("validation_failed", "", errors), english)).toBe("No such code. At most 500 letters");
});

test("who reads another language is shown no English words of the platform", () => {
  const sentences: Record<string, string> = { unknown: "Cela n’a pas fonctionné.", validation_failed: "Vérifiez ce que vous avez saisi." };
  const french: Sentences = { ofCode: (code) => sentences[code] ?? null, ofField: (code) => (code === "too_long" ? "C’est trop long." : null), english: false };
  expect(sentenceFor(problem("brand_new", "The platform says so."), french)).toBe("Cela n’a pas fonctionné.");
  const errors = [
    { field: "note", code: "too_long", detail: "At most 500 letters" },
    { field: "lat", code: "brand_new", detail: "Not on this planet" },
  ];
  expect(sentenceFor(problem("validation_failed", "", errors), french)).toBe("C’est trop long. Vérifiez ce que vous avez saisi.");
});
