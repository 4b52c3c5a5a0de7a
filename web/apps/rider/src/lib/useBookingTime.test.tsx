// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { configQueries } from "@supportcarr/phone-app/api/config";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { useBookingTime } from "./useBookingTime.ts";

afterEach(() => {
  cleanup();
  vi.unstubAllEnvs();
});

function Booking() {
  return <p>{useBookingTime()("2026-05-05T19:00:00Z", "montreal")}</p>;
}

test("a booking is told by the clock of its area, where it was chosen, also to a phone of another time zone", async () => {
  vi.stubEnv("TZ", "Asia/Tokyo");
  const queryClient = new QueryClient();
  const area = (id: string, timezone: string) => ({ id, name: id, timezone, currency: "CAD", boundary: [] });
  queryClient.setQueryData(configQueries.current().queryKey, { realtime_url: "", map: { style_url: null, mapbox_token: null }, speed: 1, areas: [area("vancouver", "America/Vancouver"), area("montreal", "America/Toronto")] });
  render(
    <IntlProvider load={() => Promise.resolve({})}>
      <QueryClientProvider client={queryClient}>
        <Booking />
      </QueryClientProvider>
    </IntlProvider>,
  );
  expect((await screen.findByRole("paragraph")).textContent).toMatch(/May 5, 2026, 3:00/);
});
