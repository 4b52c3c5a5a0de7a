// @vitest-environment jsdom
import { act, cleanup, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { MONTREAL } from "../../lib/testing/areas.ts";
import { AreaContext } from "../../lib/area.ts";
import { useCityStore } from "../../lib/cityStore.ts";
import { renderInRouter } from "../../lib/testing/renderInRouter.ts";
import { ActivityFeed } from "./ActivityFeed.tsx";
import { describeEvent } from "./describeEvent.ts";

const receive = (offset: number, name: string, data: object) =>
  act(() => useCityStore.getState().applyEvent(name, { id: `evt.${offset}`, stream: "ops:montreal", cursor: `e1:${offset}`, at: "2026-03-02T21:01:00Z", data }, false));
const renderFeed = () =>
  renderInRouter(
    <AreaContext.Provider value={MONTREAL}>
      <ActivityFeed className="" />
    </AreaContext.Provider>,
  );
const listedEvents = () => within(screen.getByRole("list")).queryAllByRole("listitem").map((item) => item.textContent);

beforeEach(() => useCityStore.getState().reset());
afterEach(cleanup);

describe("the activity feed", () => {
  it("lists events newest first, in the time zone of the area", async () => {
    await renderFeed();
    receive(1, "rescue:status_update", { rescue_id: "res_qc_000001", status: "matching", version: 2 });
    receive(2, "payment:processed", { rescue_id: "res_qc_000001", kind: "capture", status: "succeeded", amount_minor: 2450, currency: "CAD" });
    expect(listedEvents()).toEqual(["Capture $24.5016:01:00000001", "Finding a driver16:01:00000001"]);
  });

  it("does not change while it is paused, and shows how many events are new", async () => {
    await renderFeed();
    receive(1, "message:new", { rescue_id: "res_qc_000001" });
    fireEvent.click(screen.getByRole("button", { name: "Pause" }));
    receive(2, "message:new", { rescue_id: "res_qc_000002" });
    expect(listedEvents()).toHaveLength(1);
    fireEvent.click(screen.getByRole("button", { name: "Resume (1 new)" }));
    expect(listedEvents()).toHaveLength(2);
  });

  it("links each event to its rescue", async () => {
    await renderFeed();
    receive(1, "message:new", { rescue_id: "res_qc_000001" });
    expect(screen.getByRole("link", { name: /^Message.*000001$/ }).getAttribute("href")).toBe("/rescues/res_qc_000001");
  });

  it("explains what appears here while it is empty", async () => {
    await renderFeed();
    expect(screen.getByText("Loading…")).toBeDefined();
    act(() => useCityStore.getState().applySnapshot({ area_id: "montreal", at: "", drivers: [], rescues: [] }, 0, 0));
    expect(screen.getByText(/appear here/)).toBeDefined();
  });
});

it("marks a failed payment, and describes an unknown event by its name", () => {
  const event = { id: "e", at: "", rescueId: null, status: null };
  const data = { kind: "hold", status: "failed", amount_minor: 2660, currency: "CAD" };
  expect(describeEvent({ ...event, name: "payment:processed", data })).toEqual({ text: "Hold $26.60 failed", failed: true });
  expect(describeEvent({ ...event, name: "driver:attention", data: { driver_id: "usr_1", reason: "check" } })).toEqual({ text: "A driver’s check is not clear" });
  expect(describeEvent({ ...event, name: "route:deviation", data: {} })).toEqual({ text: "Route deviation" });
});
