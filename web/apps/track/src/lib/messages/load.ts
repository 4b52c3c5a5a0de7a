import type { Language } from "@supportcarr/i18n/languages";
import { loadUiTexts } from "@supportcarr/ui/texts/useUiTexts";

import type { AppMessages } from "./en.ts";

const LOADERS: Record<Language, () => Promise<{ messages: AppMessages }>> = {
  en: () => import("./en.ts"),
  es: () => import("./es.ts"),
  fr: () => import("./fr.ts"),
};

/** The texts of the page in one language; those of shared components change with them. */
export async function loadMessages(language: Language): Promise<AppMessages> {
  const [{ messages }] = await Promise.all([LOADERS[language](), loadUiTexts(language)]);
  return messages;
}
