// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { configQueries } from "@supportcarr/phone-app/api/config";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import axios from "axios";
import { afterEach, expect, test, vi } from "vitest";

import { loadMessages } from "../messages/load.ts";
import { http } from "../session.ts";
import { AddCardDialog } from "./AddCardDialog.tsx";

vi.spyOn(axios, "get").mockReturnValue(new Promise(() => undefined)); // the configuration does not come
http.defaults.adapter = () => new Promise(() => undefined);

function open(queryClient: QueryClient) {
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <AddCardDialog onClose={() => undefined} onAdded={() => undefined} />
      </QueryClientProvider>
    </IntlProvider>,
  );
  return screen.findByRole("dialog");
}

afterEach(cleanup);

test("test cards are offered only where it is known that no others can be entered", async () => {
  await open(new QueryClient());
  expect(screen.queryByRole("radio")).toBeNull();
  cleanup();
  const queryClient = new QueryClient();
  queryClient.setQueryData(configQueries.current().queryKey, { realtime_url: "", map: { style_url: null, mapbox_token: null }, speed: 1, areas: [] });
  await open(queryClient);
  expect(screen.getAllByRole("radio").length).toBeGreaterThan(0);
});
