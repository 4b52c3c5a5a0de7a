import { describe, expect, it } from "vitest";

import type { RescueRow } from "./api/types.ts";
import { applyStatusUpdate, type LiveRescues, longestWaitSeconds, mergeRescueSnapshot } from "./liveRescues.ts";

const row = (overrides: Partial<RescueRow> = {}): RescueRow =>
  ({ id: "res_1", status: "matching", version: 3, requested_at: "2026-03-02T16:00:00Z", problem: "flat_tire", ...overrides }) as RescueRow;
const update = (status: string, version: number, rescue_id = "res_1") => ({ rescue_id, status, version });
const AT = "2026-03-02T16:01:00Z";

const EMPTY: LiveRescues = { rescues: new Map(), lastEvents: new Map(), revision: 0 };
const stateWith = (...rows: RescueRow[]): LiveRescues => mergeRescueSnapshot(EMPTY, rows, 0);

describe("a status update", () => {
  it("replaces an older version", () => {
    const next = applyStatusUpdate(stateWith(row()), update("assigned", 4), AT);
    expect(next.rescues.get("res_1")).toMatchObject({ status: "assigned", version: 4, assigned_at: AT, problem: "flat_tire" });
  });

  it("is ignored when the snapshot was newer", () => {
    const state = stateWith(row({ version: 7, status: "in_transit" }));
    expect(applyStatusUpdate(state, update("assigned", 4), AT)).toBe(state);
  });

  it("removes a rescue that ended, and an older update does not bring it back", () => {
    const ended = applyStatusUpdate(stateWith(row()), update("completed", 9), AT);
    expect(ended.rescues.size).toBe(0);
    expect(applyStatusUpdate(ended, update("in_transit", 8), AT)).toBe(ended);
  });

  it("adds a rescue that was not known", () => {
    const next = applyStatusUpdate(EMPTY, update("requested", 1, "res_2"), AT);
    expect(next.rescues.get("res_2")).toEqual({ id: "res_2", status: "requested", version: 1, requested_at: AT });
  });
});

describe("a snapshot", () => {
  it("adds what events do not carry, and never reverts a status", () => {
    const state = applyStatusUpdate(EMPTY, update("assigned", 5), AT);
    const merged = mergeRescueSnapshot(state, [row({ version: 3, pickup: { lat: 45.5, lng: -73.6 } })], 0);
    expect(merged.rescues.get("res_1")).toMatchObject({ version: 5, status: "assigned", assigned_at: AT, problem: "flat_tire", pickup: { lat: 45.5, lng: -73.6 } });
  });

  it("does not bring back a rescue that ended while it was fetched", () => {
    const state = stateWith(row());
    const ended = applyStatusUpdate(state, update("cancelled", 4), AT);
    expect(mergeRescueSnapshot(ended, [row()], state.revision).rescues.size).toBe(0);
  });

  it("removes a rescue whose end was not reported by an event", () => {
    const state = applyStatusUpdate(EMPTY, update("assigned", 5), AT);
    expect(mergeRescueSnapshot(state, [], state.revision).rescues.size).toBe(0);
  });

  it("keeps a rescue that was requested while it was fetched", () => {
    const merged = mergeRescueSnapshot(applyStatusUpdate(EMPTY, update("requested", 1), AT), [], 0);
    expect([...merged.rescues.keys()]).toEqual(["res_1"]);
  });
});

it("forgets the events of ended rescues eventually", () => {
  let state = applyStatusUpdate(EMPTY, update("completed", 9, "res_old"), AT);
  for (let i = 0; i < 3_000; i += 1) state = applyStatusUpdate(state, update("completed", 9, `res_${i}`), AT);
  expect(state.lastEvents.has("res_old")).toBe(false);
  expect(state.lastEvents.has("res_2999")).toBe(true);
});

describe("the longest wait", () => {
  const now = Date.parse("2026-03-02T16:05:00Z");

  it("counts only riders without a driver, from the start of their wait", () => {
    const waiting = row({ waiting_since: "2026-03-02T16:04:15Z" });
    expect(longestWaitSeconds([waiting, row({ status: "requested", requested_at: "2026-03-02T16:04:50Z" }), row({ status: "assigned" })], now)).toBe(45);
  });

  it("is 0 when no rider is waiting, and never negative", () => {
    expect(longestWaitSeconds([row({ status: "in_transit" })], now)).toBe(0);
    expect(longestWaitSeconds([row({ waiting_since: "2026-03-02T16:05:02Z" })], now)).toBe(0);
  });
});
