// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { onlineManager, type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { jobQueries } from "../../lib/api/jobs.ts";
import type { Offer } from "../../lib/api/types.ts";
import { cityNow, rememberClock } from "../../lib/cityClock.ts";
import { loadMessages } from "../../lib/messages/load.ts";
import { http } from "../../lib/session.ts";
import { OfferLayer } from "./OfferLayer.tsx";

vi.mock("@tanstack/react-router", () => ({ useNavigate: () => () => Promise.resolve() }));
const [DECLINE, OVER] = ["decline", "its time is over"];

vi.mock("./OfferScreen.tsx", () => ({
  OfferScreen: ({ onDecline, onOver }: { onDecline: () => void; onOver: () => void }) => (
    <div role="dialog">
      <button onClick={onDecline} aria-label={DECLINE} />
      <button onClick={onOver} aria-label={OVER} />
    </div>
  ),
}));

let queryClient: QueryClient;
const requests: string[] = [];

function answer(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  requests.push(config.url ?? "");
  return Promise.reject(new AxiosError("network", "ERR_NETWORK", config));
}

const HOUR_MS = 3_600_000;

/** A driver to whom a job is offered for an hour. */
function offered() {
  const now = cityNow();
  const point = { lat: 45.5, lng: -73.6, address: null };
  const offer = {
    ...{ id: "off_1", rescue_id: "res_1", state: "open", queued: false, kind: "rescue", problem: "flat_tire", pickup: point, dropoff: point },
    ...{ pay_minor: 3_000, currency: "CAD", distance_m: 900, eta_seconds: 240 },
    ...{ made_at: new Date(now).toISOString(), expires_at: new Date(now + HOUR_MS).toISOString() },
  };
  queryClient.setQueryData(jobQueries.offer().queryKey, offer as unknown as Offer);
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <OfferLayer />
      </QueryClientProvider>
    </IntlProvider>,
  );
  return screen.findByRole("dialog");
}

beforeEach(() => {
  http.defaults.adapter = answer;
  queryClient = createQueryClient();
  queryClient.setDefaultOptions({ queries: { ...queryClient.getDefaultOptions().queries, retry: false } });
});
afterEach(() => {
  cleanup();
  queryClient.clear();
  requests.length = 0;
  onlineManager.setOnline(true);
});

test("an offer that ends while there is no connection leaves the screen to the driver", async () => {
  onlineManager.setOnline(false);
  await offered();
  rememberClock({ city_time: new Date(cityNow() + HOUR_MS).toISOString(), speed: 1 }, Date.now());
  fireEvent.click(screen.getByRole("button", { name: OVER }));
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("an offer that could not be declined is there again", async () => {
  await offered();
  fireEvent.click(screen.getByRole("button", { name: DECLINE }));
  await vi.waitFor(() => expect(requests).toContain("/offers/off_1/decline"));
  expect(await screen.findByRole("dialog")).toBeDefined();
});
