// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { MONTREAL } from "../../lib/area.fixture.ts";
import { AreaContext } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { EventStream } from "./EventStream.tsx";
import { tell } from "./tell.ts";

const happened = (seq: number, name: string, data: object) =>
  act(() => useCity.getState().apply(name, { id: `evt.${seq}`, stream: "ops:montreal", cursor: `e1:${seq}`, at: "2026-03-02T21:01:00Z", data }, false));
const show = () =>
  render(
    <AreaContext.Provider value={MONTREAL}>
      <EventStream className="" />
    </AreaContext.Provider>,
  );
const lines = () => within(screen.getByRole("list")).queryAllByRole("listitem").map((item) => item.textContent);

beforeEach(() => useCity.getState().clear());
afterEach(cleanup);

describe("the stream of events", () => {
  it("tells what happened, the newest first, in the area's time", () => {
    show();
    happened(1, "rescue:status_update", { rescue_id: "res_qc_000001", status: "matching", version: 2 });
    happened(2, "payment:processed", { rescue_id: "res_qc_000001", kind: "capture", status: "succeeded", amount_minor: 2450, currency: "CAD" });
    expect(lines()).toEqual(["Capture $24.5016:01:00000001", "Finding a driver16:01:00000001"]);
  });

  it("stands still while it is paused, and says how much is new", () => {
    show();
    happened(1, "message:new", { rescue_id: "res_qc_000001" });
    fireEvent.click(screen.getByRole("button", { name: "Pause" }));
    happened(2, "message:new", { rescue_id: "res_qc_000002" });
    expect(lines()).toHaveLength(1);
    fireEvent.click(screen.getByRole("button", { name: "Resume (1 new)" }));
    expect(lines()).toHaveLength(2);
  });

  it("opens the rescue of a line", () => {
    show();
    happened(1, "message:new", { rescue_id: "res_qc_000001" });
    fireEvent.click(screen.getByRole("button", { name: /^Message.*000001$/ }));
    expect(useCity.getState().opened).toBe("res_qc_000001");
  });

  it("says what will come while it is empty", () => {
    show();
    expect(screen.getByText("Loading…")).toBeDefined();
    act(() => useCity.getState().load({ area_id: "montreal", at: "", drivers: [], rescues: [] }, 0, 0));
    expect(screen.getByText(/appears here/)).toBeDefined();
  });
});

it("marks a payment that failed, and knows an event that came after it was written", () => {
  const line = { id: "e", at: "", rescueId: null, status: null };
  const data = { kind: "hold", status: "failed", amount_minor: 2660, currency: "CAD" };
  expect(tell({ ...line, name: "payment:processed", data })).toEqual({ text: "Hold $26.60 failed", failed: true });
  expect(tell({ ...line, name: "route:deviation", data: {} })).toEqual({ text: "Route deviation" });
});
