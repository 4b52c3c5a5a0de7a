// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { configQueries, type PublicConfig } from "@supportcarr/phone-app/api/config";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { loadMessages } from "../../lib/messages/load.ts";
import { http } from "../../lib/session.ts";
import { HomeScreen } from "./HomeScreen.tsx";

vi.mock("./WhereAreYou.tsx", () => ({ WhereAreYou: ({ covered }: { covered: unknown }) => <p>{covered ? "the rescue" : "the question"}</p> }));

const CONFIG = { areas: [], demo: null } as unknown as PublicConfig;

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function show() {
  http.defaults.adapter = () => new Promise(() => undefined); // nothing is answered
  const queryClient = createQueryClient();
  queryClient.setQueryData(configQueries.current().queryKey, CONFIG);
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <HomeScreen />
      </QueryClientProvider>
    </IntlProvider>,
  );
  return queryClient;
}

test("the rider is not asked where they are before it is known whether a rescue is under way", async () => {
  const queryClient = show();
  await screen.findByText("Loading");
  expect(screen.queryByText("the question")).toBeNull();
  act(() => {
    queryClient.setQueryData(rescueQueries.scheduled().queryKey, []);
    queryClient.setQueryData(rescueQueries.live().queryKey, { id: "res_1" } as Rescue);
  });
  await screen.findByText("the rescue");
});

test("without a connection they are asked, though nothing is known of a rescue", async () => {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  show();
  await screen.findByText("the question");
});
