// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import axios, { AxiosError } from "axios";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";

import type { PhoneApp } from "../createPhoneApp.ts";
import { PhoneAppContext } from "../PhoneAppContext.tsx";
import { texts } from "../texts/en.ts";
import { HelpScreen } from "./HelpScreen.tsx";

vi.mock("../Screen.tsx", () => ({ Screen: ({ children }: { children: ReactNode }) => children }));

afterEach(cleanup);

test("the emergency number is there without a connection", async () => {
  vi.spyOn(axios, "get").mockRejectedValue(new AxiosError("Network Error"));
  render(
    <IntlProvider load={() => Promise.resolve({ ...texts, errors: { unknown: "Something went wrong", unreachable: "No answer" } })}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <PhoneAppContext.Provider value={{ links: {}, session: { hasSession: () => false } } as unknown as PhoneApp}>
          <HelpScreen questions={[]} />
        </PhoneAppContext.Provider>
      </QueryClientProvider>
    </IntlProvider>,
  );
  await screen.findByRole("alert");
  expect(screen.getByRole("link", { name: /^Emergency: 911/ }).getAttribute("href")).toBe("tel:911");
});
