import { badFrenchMarks, leaves, leftInEnglish } from "@supportcarr/i18n/messageChecks";
import { createTranslator } from "use-intl";
import { expect, test } from "vitest";

import { messages as en } from "./en.ts";
import { messages as es } from "./es.ts";
import { messages as fr } from "./fr.ts";

/** Names, and words that are the same in another language. */
const ALIKE = ["Visa", "Mastercard", "No", "{kg} kg", "{wh} Wh", "PIN {digits}", "Chat", "Total", "Accident", "Distance", "Distances", "Promotion", "Excellent", "Photo", "Photos", "Type", "Messages"];

/** The names of the values and tags that a text takes. */
const namesIn = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)[,}]/g), ...text.matchAll(/<(\w+)>/g)].map((match) => match[1] ?? ""))].sort();

test.each([
  ["es", es],
  ["fr", fr],
] as const)("the texts in %s take the same values as the English ones", (_, translated) => {
  const english = new Map(leaves(en));
  const different = leaves(translated).filter(([key, text]) => String(namesIn(text)) !== String(namesIn(english.get(key) ?? "")));
  expect(different).toEqual([]);
});

test.each([
  ["en", en],
  ["es", es],
  ["fr", fr],
] as const)("every text in %s can be formatted", (locale, messages) => {
  const failed: string[] = [];
  const text = createTranslator({ locale, messages, onError: ({ message }) => failed.push(message) });
  const values = { known: "yes", free: "no", reason: "other", count: 2, stars: 3, max: 3, current: 1, steps: 4, number: 1, kg: 20, wh: 500 };
  for (const [key, raw] of leaves(messages)) {
    const names = Object.fromEntries(namesIn(raw).map((name) => [name, name === "terms" || name === "privacy" ? (chunks: unknown) => String(chunks) : "x"]));
    text.markup(key as never, { ...names, ...values } as never);
  }
  expect(failed).toEqual([]);
});

test.each([
  ["es", es],
  ["fr", fr],
] as const)("nothing is left in English in %s", (_, translated) => {
  expect(leftInEnglish(en, translated, ALIKE)).toEqual([]);
});

test("French is set as in Canada", () => {
  expect(badFrenchMarks(fr)).toEqual([]);
});
