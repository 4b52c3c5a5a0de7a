import type { Language } from "@supportcarr/i18n/languages";

import type { AppMessages } from "./en.ts";

const LOADERS: Record<Language, () => Promise<{ messages: AppMessages }>> = {
  en: () => import("./en.ts"),
  es: () => import("./es.ts"),
  fr: () => import("./fr.ts"),
};

/** The texts of the app in one language. */
export const loadMessages = async (language: Language): Promise<AppMessages> => (await LOADERS[language]()).messages;
