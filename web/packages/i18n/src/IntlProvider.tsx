import { type ReactNode, startTransition, useEffect, useRef, useState } from "react";
import { IntlProvider as Provider } from "use-intl";

import { type Language, localeOf } from "./languages.ts";
import { useLanguage } from "./useLanguage.ts";

/** Nested texts, by key. */
export interface Messages {
  [key: string]: string | Messages;
}

/** The messages of each language; others than the page's first are loaded when they are needed. */
export type MessageLoader = (language: Language) => Promise<Messages>;

interface Loaded {
  language: Language;
  messages: Messages;
}

const FALLBACK: Language = "en";

/** The address of the web app's manifest in that language: the app's name and shortcuts, should it be installed. */
const manifestIn = (address: string, language: Language): string =>
  address.replace(/manifest(\.\w\w)?\.webmanifest$/, language === FALLBACK ? "manifest.webmanifest" : `manifest.${language}.webmanifest`);

/**
 * Texts and formats in the language of the page; shows nothing until the first messages are there.  Without a
 * `timeZone`, times are those of the device, whose zone is not asked for: that takes long on a phone.
 */
export function IntlProvider({ load, timeZone, children }: { load: MessageLoader; timeZone?: string; children: ReactNode }) {
  const language = useLanguage((state) => state.language);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const hasTexts = useRef(false);

  useEffect(() => {
    let current = true;
    const show = (shown: Language) => (messages: Messages) => {
      if (current) startTransition(() => setLoaded({ language: shown, messages })); // the whole page is drawn with them
    };
    load(language).then(show(language), () => {
      // Without a connection the page keeps the language that it has; if it has none yet, English comes with the app.
      if (current && !hasTexts.current) load(FALLBACK).then(show(FALLBACK), () => undefined);
    });
    return () => {
      current = false;
    };
  }, [language, load]);

  useEffect(() => {
    if (!loaded) return;
    hasTexts.current = true;
    document.documentElement.lang = loaded.language;
    const manifest = document.querySelector<HTMLLinkElement>('link[rel="manifest"]');
    const address = manifest ? manifestIn(manifest.href, loaded.language) : "";
    if (manifest && manifest.href !== address) manifest.href = address; // set again, it is loaded again
  }, [loaded]);

  if (!loaded) return null;
  return (
    <Provider locale={localeOf(loaded.language, navigator.languages)} messages={loaded.messages} {...(timeZone ? { timeZone } : {})}>
      {children}
    </Provider>
  );
}
