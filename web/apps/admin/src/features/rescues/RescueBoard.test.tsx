// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { MapView, RescueRow } from "../../lib/api.ts";
import { MONTREAL } from "../../lib/area.fixture.ts";
import { AreaContext } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { RescueBoard } from "./RescueBoard.tsx";

const api = vi.hoisted(() => ({ getEnded: vi.fn(), getClock: vi.fn() }));
vi.mock("../../lib/api.ts", () => api);

const row = (id: string, status: string, over: Partial<RescueRow> = {}) =>
  ({ id, status, version: 3, requested_at: "2026-03-02T21:00:00Z", waiting_since: "2026-03-02T21:00:00Z", problem: "flat_tire", ...over }) as RescueRow;
const load = (...rescues: RescueRow[]) => act(() => useCity.getState().load({ area_id: "montreal", at: "2026-03-02T20:59:00Z", drivers: [], rescues } satisfies MapView, 0, 0));

function show() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <AreaContext.Provider value={MONTREAL}>
        <RescueBoard className="" />
      </AreaContext.Provider>
    </QueryClientProvider>,
  );
}

beforeEach(() => {
  useCity.getState().clear();
  api.getClock.mockResolvedValue({ city_time: "2026-03-02T21:00:45Z", wall_time: "2026-03-02T21:00:45Z", speed: 1 });
});
afterEach(() => {
  cleanup();
  vi.resetAllMocks();
});

describe("the live rescues", () => {
  it("stand under what is happening to them", () => {
    show();
    load(row("res_000001", "in_transit"), row("res_000002", "matching"), row("res_000003", "assigned"), row("res_000004", "en_route"));
    expect(screen.getAllByRole("heading", { level: 3 }).map((title) => title.textContent)).toEqual(["Waiting for a driver1", "Driver coming2", "Bringing home1"]);
    expect(screen.getByRole("tab", { selected: true }).textContent).toBe("Live 4");
  });

  it("say how long somebody has waited", async () => {
    show();
    load(row("res_000002", "matching"));
    expect(await screen.findByText("waiting 45 s")).toBeDefined();
  });

  it("say how far the truck is", () => {
    act(() => useCity.getState().move([{ driver_id: "usr_1", lat: 45.5, lng: -73.6, at: "2026-03-02T21:00:00Z", rescue_id: "res_000004", eta_seconds: 240 }], 0));
    show();
    load(row("res_000004", "en_route"));
    expect(screen.getByText("4 min away")).toBeDefined();
  });

  it("are not said to be none before they were read", () => {
    show();
    expect(screen.getByText("Loading…")).toBeDefined();
    load();
    expect(screen.getByText("No rescue is under way.")).toBeDefined();
  });

  it("are still there when they cannot be read again, and that is said", () => {
    show();
    load(row("res_000002", "matching"));
    act(() => useCity.getState().failToLoad());
    expect(screen.getByRole("alert").textContent).toMatch(/Trying again/);
    expect(screen.getAllByRole("listitem")).toHaveLength(1);
  });

  it("open with a click, and the open one is marked", () => {
    show();
    load(row("res_000002", "matching"));
    const button = screen.getByRole("button", { name: /Flat tire/ });
    fireEvent.click(button);
    expect(useCity.getState().opened).toBe("res_000002");
    expect(button.getAttribute("aria-current")).toBe("true");
  });
});

describe("the ended rescues", () => {
  const open = () => fireEvent.mouseDown(screen.getByRole("tab", { name: "Ended" }), { button: 0 });

  it("are read when they are looked at", async () => {
    api.getEnded.mockResolvedValue([row("res_000009", "completed", { owed_minor: 2450, currency: "CAD" })]);
    show();
    expect(api.getEnded).not.toHaveBeenCalled();
    open();
    expect(await screen.findByText("$24.50")).toBeDefined();
  });

  it("are not said to be none when they could not be read", async () => {
    api.getEnded.mockRejectedValue(new Error("no"));
    show();
    open();
    expect((await screen.findByRole("alert")).textContent).toBe("The ended rescues could not be read.");
  });
});
