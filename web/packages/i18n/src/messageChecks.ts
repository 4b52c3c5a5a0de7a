import type { Messages } from "./IntlProvider.tsx";

/** Each text with its key (`signIn.title`), for the tests of messages; functions are called with names of values. */
export const leaves = (tree: object, path = ""): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    if (typeof value === "string") return [[`${path}${key}`, value]];
    if (typeof value === "function") return [[`${path}${key}`, String((value as (value: unknown) => unknown)("value"))]];
    return typeof value === "object" && value ? leaves(value, `${path}${key}.`) : [];
  });

/** A text without what is the same in every language: values, tags, marks and numbers. */
const words = (text: string): string => text.replaceAll(/<\/?\w+>|\{\w+\}/g, "").replaceAll(/[^\p{L}]/gu, "");

/** Texts of a language that read as in English, but for names and words that both languages share (`alike`). */
export function leftInEnglish(english: Messages | object, translated: Messages | object, alike: readonly string[]): string[] {
  const before = new Map(leaves(english));
  return leaves(translated)
    .filter(([key, text]) => words(text) !== "" && text === before.get(key) && !alike.includes(text))
    .map(([key, text]) => `${key}: ${text}`);
}

/** Texts that are not set as French is in Canada: ’, no space before ? ! ; and a no-break space before a colon. */
export const badFrenchMarks = (french: Messages | object): string[] =>
  leaves(french)
    .filter(([, text]) => /\p{L}'\p{L}|\s[?!;](?!\})|[ \u202f]:/u.test(text))
    .map(([key, text]) => `${key}: ${text}`);
