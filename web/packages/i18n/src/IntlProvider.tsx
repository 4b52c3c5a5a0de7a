import { type ReactNode, useEffect, useRef, useState } from "react";
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

/** Texts and formats in the language of the page; shows nothing until the first messages are there. */
export function IntlProvider({ load, timeZone, children }: { load: MessageLoader; timeZone?: string; children: ReactNode }) {
  const language = useLanguage((state) => state.language);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const hasTexts = useRef(false);

  useEffect(() => {
    let current = true;
    const show = (shown: Language) => (messages: Messages) => {
      if (current) setLoaded({ language: shown, messages });
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
    if (manifest) manifest.href = manifestIn(manifest.href, loaded.language);
  }, [loaded]);

  if (!loaded) return null;
  return (
    <Provider
      locale={localeOf(loaded.language, navigator.languages)}
      messages={loaded.messages}
      timeZone={timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone}
    >
      {children}
    </Provider>
  );
}
