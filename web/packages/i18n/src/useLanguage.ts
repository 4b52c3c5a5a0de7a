import { sharedStorage } from "@supportcarr/client/browserStorage";
import { create } from "zustand";

import { chooseLanguage, isLanguage, type Language } from "./languages.ts";

const KEY = "supportcarr.language";

const stored = (): string | null => sharedStorage.getItem(KEY);
const preferred = (): readonly string[] => (typeof navigator === "undefined" ? [] : navigator.languages);

interface LanguageState {
  language: Language;
  /** Whether the person chose it here; otherwise it follows the account, then the browser. */
  chosen: boolean;
}

/** The language that the apps of this browser show. */
export const useLanguage = create<LanguageState>(() => ({ language: chooseLanguage([stored(), ...preferred()]), chosen: isLanguage(stored()) }));

/** The person chose a language. */
export function setLanguage(language: Language): void {
  sharedStorage.setItem(KEY, language);
  useLanguage.setState({ language, chosen: true });
}

if (typeof window !== "undefined") {
  // chosen in another tab of this browser
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === KEY && isLanguage(newValue)) useLanguage.setState({ language: newValue, chosen: true });
  });
}

/** The account has a preference: it counts unless the person chose another language in this browser. */
export function followAccount(preference: string | null | undefined): void {
  if (!useLanguage.getState().chosen && isLanguage(preference)) useLanguage.setState({ language: preference });
}
