// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { AreaContext } from "../../lib/area.ts";
import { MONTREAL } from "../../lib/testing/areas.ts";
import { PaperTable } from "./PaperTable.tsx";

const get = vi.hoisted(() => vi.fn<(path: string) => Promise<{ data: unknown }>>());
vi.mock("../../lib/session.ts", () => ({ http: { get } }));

afterEach(cleanup);

const table = <PaperTable approved={{ licence_class: "5", licence_expires_on: "2026-03-02", insurer: null, insurance_expires_on: null, applied_at: null }} stated={null} />;

test.each([
  ["2026-03-03T03:30:00Z", "Ends soon"], // half past ten in the evening of its last day
  ["2026-03-03T05:00:00Z", "Over"],
])("at %s in the city, a paper of 2 March in Montréal is shown as: %s", async (city_time, badge) => {
  get.mockResolvedValue({ data: { city_time, wall_time: city_time, speed: 1 } });
  for (const shown of [<AreaContext.Provider value={MONTREAL}>{table}</AreaContext.Provider>, table]) {
    const client = new QueryClient();
    client.setQueryData(["config"], { areas: [MONTREAL] });
    render(<QueryClientProvider client={client}>{shown}</QueryClientProvider>); // the pages of the office have no area
    expect(await screen.findByText(badge)).toBeDefined();
    cleanup();
  }
});
