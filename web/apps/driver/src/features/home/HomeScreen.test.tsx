// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { drivingQueries } from "../../lib/api/driving.ts";
import { jobQueries } from "../../lib/api/jobs.ts";
import type { DaySummary, DriverApplication, Rescue, Vehicle } from "../../lib/api/types.ts";
import { loadMessages } from "../../lib/messages/load.ts";
import { http } from "../../lib/session.ts";
import { HomeScreen } from "./HomeScreen.tsx";

vi.mock("@tanstack/react-router", () => ({ Link: () => null }));
vi.mock("@supportcarr/map/MapView", () => ({ MapView: () => null }));
vi.mock("./JobCard.tsx", () => ({ JobCard: () => <p data-testid="job" /> }));
vi.mock("./DayLine.tsx", () => ({ DayLine: () => null }));
vi.mock("./EndingPapers.tsx", () => ({ EndingPapers: () => null }));

function show(state: DriverApplication["state"]) {
  http.defaults.adapter = () => new Promise(() => undefined); // nothing is answered
  const queryClient = createQueryClient();
  queryClient.setQueryData(drivingQueries.application().queryKey, { state, missing: [], documents: [], decision: { reason: "A complaint" } } as unknown as DriverApplication);
  queryClient.setQueryData(drivingQueries.today().queryKey, { state: "offline" } as DaySummary);
  queryClient.setQueryData(drivingQueries.vehicles().queryKey, [{ id: "veh_1", make: "Ford", model: "Ranger", plate: "FL1" }] as unknown as Vehicle[]);
  queryClient.setQueryData(jobQueries.live().queryKey, [{ id: "res_1" } as Rescue]);
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <HomeScreen />
      </QueryClientProvider>
    </IntlProvider>,
  );
}

afterEach(cleanup);

test("a driver who was suspended on a job sees the job, that they are suspended and why, and nothing that goes online", async () => {
  show("suspended");
  await screen.findByTestId("job");
  screen.getByRole("heading", { name: "Suspended" });
  screen.getByText(/A complaint/);
  expect(screen.queryByText("You are offline")).toBeNull();
});

test("a driver who went offline on a job may go online again", async () => {
  show("approved");
  await screen.findByTestId("job");
  screen.getByRole("heading", { name: "You are offline" });
});
