// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ClockReading, MapView, RescueRow } from "../../lib/api/types.ts";
import { AreaContext } from "../../lib/area.ts";
import { useCityStore } from "../../lib/cityStore.ts";
import { MONTREAL } from "../../lib/testing/areas.ts";
import { renderInRouter } from "../../lib/testing/renderInRouter.ts";
import { RescueBoard } from "./RescueBoard.tsx";

const get = vi.hoisted(() => vi.fn<(path: string) => Promise<{ data: unknown }>>());
vi.mock("../../lib/session.ts", () => ({ http: { get } }));

const CLOCK: ClockReading = { city_time: "2026-03-02T21:00:45Z", wall_time: "2026-03-02T21:00:45Z", speed: 1 };
const row = (id: string, status: string, overrides: Partial<RescueRow> = {}) =>
  ({ id, status, version: 3, requested_at: "2026-03-02T21:00:00Z", waiting_since: "2026-03-02T21:00:00Z", problem: "flat_tire", ...overrides }) as RescueRow;
const load = (...rescues: RescueRow[]) =>
  act(() => useCityStore.getState().applySnapshot({ area_id: "montreal", at: "2026-03-02T20:59:00Z", drivers: [], rescues } satisfies MapView, 0, 0));
const requestsOf = (path: string) => get.mock.calls.filter(([requested]) => requested === path);

/** What the platform answers to a request for the ended rescues. */
let endedRescues: () => Promise<{ data: { items: RescueRow[] } }>;

function renderBoard(url = "/") {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return renderInRouter(
    <QueryClientProvider client={queryClient}>
      <AreaContext.Provider value={MONTREAL}>
        <RescueBoard className="" />
      </AreaContext.Provider>
    </QueryClientProvider>,
    url,
  );
}

beforeEach(() => {
  vi.setSystemTime(CLOCK.wall_time); // the clock stands still, however long a test takes
  useCityStore.getState().reset();
  endedRescues = () => Promise.resolve({ data: { items: [] } });
  get.mockImplementation((path) => (path === "/clock" ? Promise.resolve({ data: CLOCK }) : endedRescues()));
});
afterEach(() => {
  cleanup();
  vi.resetAllMocks();
  vi.useRealTimers();
});

describe("the live rescues", () => {
  it("are grouped by stage", async () => {
    await renderBoard();
    load(row("res_000001", "in_transit"), row("res_000002", "matching"), row("res_000003", "assigned"), row("res_000004", "en_route"));
    expect(screen.getAllByRole("heading", { level: 3 }).map((title) => title.textContent)).toEqual(["Waiting for a driver1", "Driver on the way2", "Rider on board1"]);
    expect(screen.getByRole("tab", { selected: true }).textContent).toBe("Live 4");
  });

  it("show how long a rider has been waiting", async () => {
    await renderBoard();
    load(row("res_000002", "matching"));
    expect(await screen.findByText("waiting 45 s")).toBeDefined();
  });

  it("show how far away the truck is", async () => {
    act(() =>
      useCityStore.getState().applyPositions([{ driver_id: "usr_1", lat: 45.5, lng: -73.6, at: "2026-03-02T21:00:00Z", rescue_id: "res_000004", eta_seconds: 240 }], 0),
    );
    await renderBoard();
    load(row("res_000004", "en_route"));
    expect(screen.getByText("4 min away")).toBeDefined();
  });

  it("are shown as loading until they have been loaded", async () => {
    await renderBoard();
    expect(screen.getByText("Loading…")).toBeDefined();
    load();
    expect(screen.getByText("No rescues are under way.")).toBeDefined();
  });

  it("stay in the list with an alert when they cannot be reloaded", async () => {
    await renderBoard();
    load(row("res_000002", "matching"));
    act(() => useCityStore.getState().setLoadFailed());
    expect(screen.getByRole("alert").textContent).toMatch(/Trying again/);
    expect(screen.getAllByRole("listitem")).toHaveLength(1);
  });

  it("open with a click, and the link of the open rescue is marked", async () => {
    const router = await renderBoard("/?area=montreal");
    load(row("res_000002", "matching"));
    const link = screen.getByRole("link", { name: /Flat tire/ });
    expect(link.getAttribute("aria-current")).toBeNull();
    fireEvent.click(link);
    await vi.waitFor(() => expect(link.getAttribute("aria-current")).toBe("page"));
    expect(router.state.location.pathname).toBe("/rescues/res_000002");
  });
});

describe("the ended rescues", () => {
  const openTab = () => fireEvent.mouseDown(screen.getByRole("tab", { name: "Ended" }), { button: 0 });

  it("are loaded when their tab is opened, which the URL records", async () => {
    endedRescues = () => Promise.resolve({ data: { items: [row("res_000009", "completed", { owed_minor: 2450, currency: "CAD" })] } });
    const router = await renderBoard();
    expect(requestsOf("/admin/rescues")).toEqual([]);
    openTab();
    expect(await screen.findByText("$24.50")).toBeDefined();
    expect(router.state.location.search).toEqual({ tab: "ended" });
  });

  it("are shown first when the URL says so", async () => {
    await renderBoard("/?tab=ended");
    expect(screen.getByRole("tab", { selected: true }).textContent).toBe("Ended");
    expect(await screen.findByText("No rescues have ended yet.")).toBeDefined();
  });

  it("are not reported as empty when they could not be loaded", async () => {
    endedRescues = () => Promise.reject(new Error("no response"));
    await renderBoard("/?tab=ended");
    expect((await screen.findByRole("alert")).textContent).toContain("The ended rescues could not be loaded.");
  });
});
