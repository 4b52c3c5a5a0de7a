// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { AxiosError } from "axios";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";

import type { PhoneApp } from "../createPhoneApp.ts";
import { PhoneAppContext } from "../PhoneAppContext.tsx";
import { texts } from "../texts/en.ts";
import { PreferencesScreen } from "./PreferencesScreen.tsx";

vi.mock("../Screen.tsx", () => ({ Screen: ({ children }: { children: ReactNode }) => children }));

/** An account whose server stores a change when the test says so. */
function show() {
  let preferences = { language: "en", units: "metric", notifications: { push: true, sms: true, email: true } };
  const answers: { store: () => void; fail: () => void }[] = [];
  const changeAccount = vi.fn(
    (change: { preferences?: object }) =>
      new Promise<void>((resolve, reject) => {
        answers.push({
          store: () => {
            preferences = { ...preferences, ...change.preferences };
            resolve();
          },
          fail: () => reject(new AxiosError("Network Error")),
        });
      }),
  );
  const me = { queryKey: ["account", "me"], queryFn: () => Promise.resolve({ name: "Ana", preferences }) };
  const app = { role: "rider", links: { account: { to: "/me" } }, accountQueries: { me: () => me }, changeAccount } as unknown as PhoneApp;
  render(
    <IntlProvider load={() => Promise.resolve({ ...texts, preferences: { ...texts.preferences, channelsHint: "" }, errors: { unknown: "Something went wrong", unreachable: "No answer" } })}>
      <QueryClientProvider client={new QueryClient()}>
        <PhoneAppContext.Provider value={app}>
          <PreferencesScreen />
        </PhoneAppContext.Provider>
      </QueryClientProvider>
    </IntlProvider>,
  );
  const answer = async () => {
    await vi.waitFor(() => expect(answers).not.toEqual([]));
    return answers.shift() as (typeof answers)[number];
  };
  const radio = (name: string) => screen.findByRole<HTMLInputElement>("radio", { name });
  return { changeAccount, answer, radio, stored: () => preferences };
}

afterEach(cleanup);

test("what is chosen while the choice before it is being stored is stored as well", async () => {
  const { changeAccount, answer, radio, stored } = show();
  fireEvent.click(await radio("Miles"));
  fireEvent.click(await radio("Kilometres")); // as an arrow key does that is pressed twice
  (await answer()).store();
  (await answer()).store();
  await vi.waitFor(() => expect(stored().units).toBe("metric"));
  expect(changeAccount.mock.calls.map(([{ preferences }]) => preferences)).toEqual([{ units: "imperial" }, { units: "metric" }]);
  expect((await radio("Kilometres")).checked).toBe(true);
});

test("what could not be stored is taken back", async () => {
  const { answer, radio } = show();
  fireEvent.click(await radio("Miles"));
  expect((await radio("Miles")).checked).toBe(true);
  (await answer()).fail();
  await vi.waitFor(async () => expect((await radio("Kilometres")).checked).toBe(true));
});
