import { expect, test } from "vitest";

import { chooseLanguage, localeOf } from "./languages.ts";

test.each([
  [[null, "fr-CA", "en"], "fr"],
  [["es", "fr"], "es"],
  [["de-DE", "pt"], "en"],
  [["DE", "FR"], "fr"],
  [[], "en"],
] as const)("of %j the language is %s", (wanted, language) => expect(chooseLanguage(wanted)).toBe(language));

test("formats follow the person's own region of the language", () => {
  expect(localeOf("en", ["fr-CA", "en-GB"])).toBe("en-GB");
  expect(localeOf("fr", ["en-GB"])).toBe("fr-CA");
});
