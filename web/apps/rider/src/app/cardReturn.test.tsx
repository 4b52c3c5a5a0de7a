// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { PhoneAppContext } from "@supportcarr/phone-app/PhoneAppContext";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { act, cleanup, render, screen } from "@testing-library/react";
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { takeReturn, useEnteredCard } from "../lib/cards/enteredCard.ts";
import { loadMessages } from "../lib/messages/load.ts";
import { queue } from "../lib/queue.ts";
import { useRequest } from "../lib/requestStore.ts";
import { http, phoneApp, useSession } from "../lib/session.ts";
import { createAppRouter } from "./router.ts";

vi.mock("./useLiveSync.ts", () => ({ useLiveSync: () => undefined })); // no socket
vi.mock("@supportcarr/map/MapView", () => ({ MapView: () => null }));

const TOKEN = `e30.${btoa(JSON.stringify({ sub: "usr_1" }))}.`;
const CARD = { id: "pm_2", brand: "visa", last4: "3184", exp_month: 12, exp_year: 2034, default: true };
const ACCOUNT = { id: "usr_1", phone: "+15145550142", name: "Ana", roles: ["rider"], phone_verified: true, preferences: { language: "en", notifications: {} } };
const CARDS = "/me/payment-methods";

/** The platform: an answer tells the state at the time of the request, and arrives when the test says so. */
const platform = {
  cards: [] as (typeof CARD)[],
  requests: [] as { method: string; key: unknown; body: unknown; respond: () => void; lose: () => void; refuse: (problem: object) => void }[],
};

function answer(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const respond = (data: unknown, status = 200): AxiosResponse => ({ data, status, statusText: "", headers: {}, config });
  if (config.url === "/me") return Promise.resolve(respond(ACCOUNT));
  if (config.url !== CARDS) return Promise.resolve(respond({ items: [] }));
  const method = config.method ?? "get";
  const body: unknown = typeof config.data === "string" ? JSON.parse(config.data) : null;
  return new Promise((resolve, reject) => {
    const listed = { items: platform.cards };
    platform.requests.push({
      method,
      key: config.headers.get("Idempotency-Key"),
      body,
      respond: () => {
        if (method === "post" && platform.cards.length === 0) platform.cards = [CARD];
        resolve(respond(method === "post" ? CARD : listed));
      },
      lose: () => {
        platform.cards = [CARD];
        reject(new AxiosError("network", "ERR_NETWORK", config));
      },
      refuse: (problem) => reject(new AxiosError("refused", "ERR_BAD_REQUEST", config, null, respond(problem, 422))),
    });
  });
}

/** The oldest unanswered request of that kind. */
async function request(method: "get" | "post") {
  await vi.waitFor(() => expect(platform.requests.some((one) => one.method === method)).toBe(true));
  const index = platform.requests.findIndex((one) => one.method === method);
  return platform.requests.splice(index, 1)[0] as (typeof platform.requests)[number];
}

/** The app as it is loaded when the page for cards leads back to it. */
function comeBack(search = "?setup_intent=seti_1&setup_intent_client_secret=x&redirect_status=succeeded") {
  history.replaceState(null, "", `/cards${search}`);
  takeReturn();
  load();
}

function load() {
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={createQueryClient()}>
        <PhoneAppContext.Provider value={{ ...phoneApp, queue }}>
          <RouterProvider router={createAppRouter(createMemoryHistory({ initialEntries: ["/cards"] }))} />
        </PhoneAppContext.Provider>
      </QueryClientProvider>
    </IntlProvider>,
  );
}

const shown = () => screen.findByText("Visa ending in 3184");

beforeEach(() => {
  http.defaults.adapter = answer;
  useSession.setState({ token: TOKEN });
  useRequest.setState({ cardId: null });
});
afterEach(async () => {
  cleanup();
  await queue.clear();
  platform.cards = [];
  platform.requests = [];
  useEnteredCard.setState({ setupIntent: null, renewing: false });
});

test("the card is shown and chosen, though the list was asked for before the platform had it", async () => {
  comeBack();
  expect(location.search).toBe("");
  const list = await request("get");
  const post = await request("post");
  await act(async () => {
    post.respond();
    await Promise.resolve();
    list.respond(); // older than the card
  });
  await screen.findByText("Adding…");
  expect(screen.queryByText("No cards yet")).toBeNull();
  (await request("get")).respond();
  await shown();
  expect(useRequest.getState().cardId).toBe(CARD.id);
});

test("a lost response is asked for again with the same key", async () => {
  comeBack();
  (await request("get")).respond();
  const first = await request("post");
  first.lose();
  await screen.findByText(/^Card, .*: waits for the connection$/);
  expect(screen.queryByText("No cards yet")).toBeNull();
  void queue.flush();
  const second = await request("post");
  expect([second.key, second.body]).toEqual([first.key, { stripe_setup_intent: "seti_1" }]);
  second.respond();
  (await request("get")).respond();
  await shown();
});

test("the setup outlives the page until the platform has answered", async () => {
  const kept = () => (JSON.parse(sessionStorage.getItem("supportcarr.rider.entered-card") ?? "{}") as { state?: unknown }).state;
  comeBack();
  const post = await request("post");
  expect(kept()).toEqual({ setupIntent: "seti_1" });
  expect(post.key).toBe("seti_1"); // also of the same request after a reload
  post.respond();
  await vi.waitFor(() => expect(kept()).toEqual({ setupIntent: null }));
});

test("a rider whose session ended on the bank's page has the card after the next sign-in", async () => {
  useSession.setState({ token: null });
  comeBack();
  await screen.findByRole("heading", { level: 1 });
  expect(platform.requests).toEqual([]);
  cleanup();
  useSession.setState({ token: TOKEN });
  load();
  (await request("post")).respond();
  for (const list of platform.requests.splice(0)) list.respond();
  (await request("get")).respond();
  await shown();
});

test("a card that was not confirmed is refused with the reason, and nothing waits", async () => {
  comeBack("?setup_intent=seti_1&redirect_status=failed");
  (await request("get")).respond();
  (await request("post")).refuse({ code: "validation_failed", detail: "", errors: [{ field: "stripe_setup_intent", code: "not_finished", detail: "The card has not been entered and confirmed yet" }] });
  await screen.findByText("No cards yet");
  expect(queue.state.getState().actions).toEqual([]);
});
