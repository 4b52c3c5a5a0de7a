// @vitest-environment jsdom
import { QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { driverQueries } from "../lib/api/drivers.ts";
import { http } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { createQueryClient } from "./queryClient.ts";
import { WaitingBadge } from "./WaitingBadge.tsx";

const get = vi.spyOn(http, "get");
afterEach(() => {
  cleanup();
  vi.resetAllMocks();
});

function renderLink(waiting: number) {
  get.mockResolvedValue({ data: { drivers: waiting, since: null } });
  const client = createQueryClient();
  render(
    <QueryClientProvider client={client}>
      <a href="/applications">
        {texts.nav.applications}
        <WaitingBadge />
      </a>
    </QueryClientProvider>,
  );
  return client;
}

it("counts who waits, also for screen readers", async () => {
  renderLink(3);
  expect(await screen.findByRole("link", { name: "Applications (3 waiting)" })).toBeDefined();
  expect(screen.getByText("3")).toBeDefined();
});

it("shows nothing while nobody waits, and the count once the lists have changed", async () => {
  const client = renderLink(0);
  await vi.waitFor(() => expect(client.getQueryData(driverQueries.waiting().queryKey)).toEqual({ drivers: 0, since: null }));
  expect(screen.getByRole("link", { name: "Applications" })).toBeDefined();
  get.mockResolvedValue({ data: { drivers: 1, since: "2026-03-02T09:30:00Z" } });
  await act(() => client.invalidateQueries({ queryKey: driverQueries.lists() }));
  expect(await screen.findByRole("link", { name: "Applications (1 waiting)" })).toBeDefined();
});
