// @vitest-environment jsdom
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { useTranslations } from "use-intl";
import { afterEach, beforeEach, expect, test } from "vitest";

import { IntlProvider, type MessageLoader } from "./IntlProvider.tsx";
import { setLanguage } from "./useLanguage.ts";

const TEXTS = { en: "Hello", es: "Hola", fr: "Bonjour" };

beforeEach(() => localStorage.clear());
afterEach(cleanup);

const Greeting = () => <p>{useTranslations()("hello")}</p>;

const show = (load: MessageLoader) =>
  render(
    <IntlProvider load={load}>
      <Greeting />
    </IntlProvider>,
  );

const loadAll: MessageLoader = (language) => Promise.resolve({ hello: TEXTS[language] });
const loadEnglishOnly: MessageLoader = (language) => (language === "en" ? loadAll(language) : Promise.reject(new Error("offline")));

test("the page changes its texts and says its language", async () => {
  setLanguage("fr");
  show(loadAll);
  await screen.findByText("Bonjour");
  await waitFor(() => expect(document.documentElement.lang).toBe("fr"));
  act(() => setLanguage("es"));
  await screen.findByText("Hola");
  await waitFor(() => expect(document.documentElement.lang).toBe("es"));
});

test("an app that is installed has the names of the page's language", async () => {
  const link = Object.assign(document.createElement("link"), { rel: "manifest", href: "/driver/manifest.webmanifest" });
  document.head.append(link);
  setLanguage("fr");
  show(loadAll);
  await screen.findByText("Bonjour");
  expect(link.getAttribute("href")).toMatch(/\/driver\/manifest\.fr\.webmanifest$/);
  act(() => setLanguage("en"));
  await screen.findByText("Hello");
  expect(link.getAttribute("href")).toMatch(/\/driver\/manifest\.webmanifest$/);
  link.remove();
});

test("a page whose language cannot be loaded begins in English instead of staying empty", async () => {
  setLanguage("es");
  show(loadEnglishOnly);
  await screen.findByText("Hello");
  await waitFor(() => expect(document.documentElement.lang).toBe("en"));
});

test("a page keeps its language if another one cannot be loaded", async () => {
  const load: MessageLoader = (language) => (language === "es" ? Promise.reject(new Error("offline")) : loadAll(language));
  setLanguage("fr");
  show(load);
  await screen.findByText("Bonjour");
  act(() => setLanguage("es"));
  await act(() => Promise.resolve());
  expect(screen.getByText("Bonjour")).toBeDefined();
});
