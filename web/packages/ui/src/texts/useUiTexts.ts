import { create } from "zustand";

import { texts as english, type UiTexts } from "./en.ts";

const LOADERS = {
  en: () => Promise.resolve({ texts: english }),
  es: () => import("./es.ts"),
  fr: () => import("./fr.ts"),
};

const useTexts = create<{ texts: UiTexts }>(() => ({ texts: english }));

/** The texts of shared components in the language of the page. */
export const useUiTexts = (): UiTexts => useTexts((state) => state.texts);

/** The same outside of components. */
export const uiTexts = (): UiTexts => useTexts.getState().texts;

/** Loads those texts in another language; English until then. */
export async function loadUiTexts(language: keyof typeof LOADERS): Promise<void> {
  const { texts } = await LOADERS[language]();
  useTexts.setState({ texts });
}
