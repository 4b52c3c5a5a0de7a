// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { PhoneAppContext } from "@supportcarr/phone-app/PhoneAppContext";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { loadMessages } from "../lib/messages/load.ts";
import { queue } from "../lib/queue.ts";
import { useRequest } from "../lib/requestStore.ts";
import { http, phoneApp, useSession } from "../lib/session.ts";
import { createAppRouter } from "./router.ts";

vi.mock("./useLiveSync.ts", () => ({ useLiveSync: () => undefined })); // no socket
vi.mock("@supportcarr/map/MapView", () => ({ MapView: () => null }));

const PICKUP = { lat: 45.52, lng: -73.58, address: "Parc La Fontaine" };
const HOME = { id: "plc_1", name: "Home", lat: 45.55, lng: -73.6, address: "12 rue Rachel" };
const CARD = { id: "pm_1", brand: "visa", last4: "4242", exp_month: 12, exp_year: 2034, default: true };
const QUOTE = {
  id: "quo_1",
  kind: "rescue",
  problem: "flat_tire",
  pickup: PICKUP,
  dropoff: HOME,
  area_id: "montreal",
  items: [
    { code: "base", label: "Base fare", amount_minor: 1_200 },
    { code: "demand", label: "High demand, 1.5 times", amount_minor: 600 },
  ],
  total_minor: 1_800,
  currency: "CAD",
  eta_seconds: 420,
  distance_m: 4_000,
  duration_s: 600,
  demand_multiplier: 1.5,
  fees: { cancellation_minor: 700, no_show_minor: 1_000 },
  expires_at: new Date(Date.now() + 600_000).toISOString(),
};
const RESCUE = {
  id: "res_1",
  status: "requested",
  version: 1,
  kind: "rescue",
  problem: "flat_tire",
  pickup: PICKUP,
  dropoff: HOME,
  quote: { id: "quo_1", items: QUOTE.items, total_minor: 1_800, currency: "CAD" },
  area_id: "montreal",
  created_at: "2026-05-01T10:00:00Z",
  rider: { id: "usr_1", name: "Ana", phone_masked: "" },
  payment: { status: "holding", captured_minor: 0, refunded_minor: 0 },
};
const ACCOUNT = { id: "usr_1", phone: "+15145550142", name: "Ana", roles: ["rider"], phone_verified: true, preferences: { language: "en", notifications: {} } };

const sent: { method: string; path: string; body: unknown; key: unknown }[] = [];
let lostResponses = 0;
let cardsFail = false;

const ANSWERS: Record<string, unknown> = {
  "get /me": ACCOUNT,
  "get /me/places": { items: [HOME] },
  "get /me/bikes": { items: [] },
  "get /me/payment-methods": { items: [CARD] },
  "get /clock": { city_time: new Date().toISOString(), wall_time: new Date().toISOString(), speed: 1 },
  "get /geocoding": { items: [] },
  "post /quotes": QUOTE,
  "post /rescues": RESCUE,
  "get /rescues/res_1": RESCUE,
  "get /rescues/res_1/timeline": { items: [] },
};

function answer(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const method = config.method ?? "get";
  const path = config.url ?? "";
  sent.push({ method, path, body: typeof config.data === "string" ? JSON.parse(config.data) : null, key: config.headers.get("Idempotency-Key") });
  if (path === "/rescues" && method === "post" && lostResponses > 0) {
    lostResponses -= 1;
    return Promise.reject(new AxiosError("network", "ERR_NETWORK", config));
  }
  if (path === "/me/payment-methods" && cardsFail) return Promise.reject(new AxiosError("refused", "403", config, null, { data: {}, status: 403, statusText: "", headers: {}, config }));
  const data = ANSWERS[`${method} ${path}`] ?? { items: [] };
  return Promise.resolve({ data, status: 200, statusText: "OK", headers: {}, config });
}

function open(path: string) {
  const router = createAppRouter(createMemoryHistory({ initialEntries: [path] }));
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={createQueryClient()}>
        <PhoneAppContext.Provider value={{ ...phoneApp, queue }}>
          <RouterProvider router={router} />
        </PhoneAppContext.Provider>
      </QueryClientProvider>
    </IntlProvider>,
  );
}

const press = async (name: RegExp | string) => fireEvent.click(await screen.findByRole("button", { name }));
const requests = () => sent.filter(({ method, path }) => method === "post" && path === "/rescues");

beforeEach(() => {
  http.defaults.adapter = answer;
  useSession.setState({ token: "a.token" });
  useRequest.getState().clear();
  useRequest.getState().change({ pickup: PICKUP });
  sent.length = 0;
  lostResponses = 0;
  cardsFail = false;
});
afterEach(cleanup);

test("a rider answers what is asked and sees each line of the price before asking", async () => {
  open("/request/problem");
  await press(/^Flat tire/);
  await press(/^Continue without choosing/);
  await press(/^Home/);
  await screen.findByText("A driver can be with you in about 7 min", { exact: false });
  screen.getByText(/the price is 1\.5 times the usual/);
  screen.getByText("Base fare");
  screen.getByText("High demand");
  expect(sent.find(({ path }) => path === "/quotes")?.body).toEqual({
    kind: "rescue",
    problem: "flat_tire",
    pickup: PICKUP,
    dropoff: { lat: HOME.lat, lng: HOME.lng, address: HOME.address },
  });
});

test("a request whose response was lost is repeated with its key", async () => {
  useRequest.getState().change({ problem: "flat_tire", bikeId: null, dropoff: { lat: 45.55, lng: -73.6, address: null } });
  lostResponses = 1;
  open("/request/review");
  await press(/^Ask for help/);
  await screen.findByText(/We could not reach SupportCarr/);
  await press(/^Ask for help/);
  await screen.findByRole("heading", { name: "Checking your card" });
  const keys = requests().map(({ key }) => key);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
  expect(requests()[1]?.body).toEqual({ quote_id: "quo_1", payment_method_id: "pm_1", note: null });
  expect(useRequest.getState().draft.problem).toBeNull(); // the next request begins anew
});

test("a battery that smokes ends in advice, and no price is asked for", async () => {
  open("/request/problem");
  await press(/^Damaged battery/);
  const yes = (await screen.findByText("Does it smoke, hiss or smell?")).closest("fieldset")?.querySelectorAll("input")[1];
  fireEvent.click(yes as HTMLInputElement);
  await screen.findByText("This battery may catch fire.");
  expect(screen.getByRole("link", { name: "Call 911" }).getAttribute("href")).toBe("tel:911");
  expect(screen.queryByRole("button", { name: "Continue" })).toBeNull();
  expect(sent.some(({ path }) => path === "/quotes")).toBe(false);
});

test("cards that cannot be loaded are said to be so, and are asked for again by a press", async () => {
  useRequest.getState().change({ problem: "flat_tire", bikeId: null, dropoff: { lat: 45.55, lng: -73.6, address: null } });
  cardsFail = true;
  open("/request/review");
  const row = await screen.findByRole("button", { name: /^Your cards could not be loaded/ });
  screen.getByText("Your cards could not be loaded", { selector: "footer p" }); // why nothing can be asked for
  cardsFail = false;
  fireEvent.click(row);
  await screen.findByRole("button", { name: /^Visa ending in 4242/ });
});
