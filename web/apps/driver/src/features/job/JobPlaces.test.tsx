// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { PhoneAppContext } from "@supportcarr/phone-app/PhoneAppContext";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import type { AxiosResponse, InternalAxiosRequestConfig } from "axios";
import { afterEach, expect, test, vi } from "vitest";

import type { Rescue, RescueStatus } from "../../lib/api/types.ts";
import { loadMessages } from "../../lib/messages/load.ts";
import { queue } from "../../lib/queue.ts";
import { http, phoneApp } from "../../lib/session.ts";
import { JobPlaces } from "./JobPlaces.tsx";

vi.mock("@tanstack/react-router", () => ({ Link: () => null }));

const PLACE = { lat: 45.5, lng: -73.6, address: "12 rue Rachel" };
const RESCUE = { id: "res_1", kind: "rescue", problem: "flat_tire", pickup: PLACE, dropoff: PLACE, eta_seconds: 600 } as unknown as Rescue;
const ASSIGNED = new Date(2026, 4, 1, 10, 0);

function show(status: RescueStatus) {
  http.defaults.adapter = (config: InternalAxiosRequestConfig): Promise<AxiosResponse> =>
    Promise.resolve({ data: { items: [{ to: "assigned", at: ASSIGNED.toISOString() }] }, status: 200, statusText: "", headers: {}, config });
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={createQueryClient()}>
        <PhoneAppContext.Provider value={{ ...phoneApp, queue }}>
          <JobPlaces rescue={RESCUE} status={status} />
        </PhoneAppContext.Provider>
      </QueryClientProvider>
    </IntlProvider>,
  );
}

afterEach(cleanup);

test("the driver sees at what time they are expected, however long they have been on the way", async () => {
  show("en_route");
  await screen.findByText(/^10:10/);
});

test("once they are there nobody is expected any more", async () => {
  show("arrived");
  await screen.findByText("12 rue Rachel");
  expect(screen.queryByText(/^Expected at the pickup/)).toBeNull();
});
