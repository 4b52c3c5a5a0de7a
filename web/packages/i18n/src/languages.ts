/** The languages of the apps, by their own names. */
export const LANGUAGES = { en: "English", es: "Español", fr: "Français" } as const;

export type Language = keyof typeof LANGUAGES;

export const isLanguage = (value: unknown): value is Language => typeof value === "string" && value in LANGUAGES;

/** The first of `wanted` (BCP 47 tags in the order of preference) that the apps have; English if there is none. */
export function chooseLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split("-")[0];
    if (isLanguage(language)) return language;
  }
  return "en";
}

/** The tag for formats: the person's regional variant of the language if the browser names one. */
export const localeOf = (language: Language, preferred: readonly string[]): string =>
  preferred.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? { en: "en-CA", es: "es-US", fr: "fr-CA" }[language];
