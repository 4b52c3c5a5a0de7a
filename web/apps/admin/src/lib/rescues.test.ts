import { describe, expect, it } from "vitest";

import type { RescueRow } from "./api.ts";
import { longestWait, moved, read, type Rescues } from "./rescues.ts";

const row = (over: Partial<RescueRow> = {}): RescueRow =>
  ({ id: "res_1", status: "matching", version: 3, requested_at: "2026-03-02T16:00:00Z", problem: "flat_tire", ...over }) as RescueRow;
const update = (status: string, version: number, rescue_id = "res_1") => ({ rescue_id, status, version });
const AT = "2026-03-02T16:01:00Z";

const empty: Rescues = { rescues: new Map(), heard: new Map(), turn: 0 };
const city = (...rows: RescueRow[]): Rescues => read(empty, rows, 0);

describe("a rescue that changes its state", () => {
  it("takes the newer version", () => {
    const next = moved(city(row()), update("assigned", 4), AT);
    expect(next.rescues.get("res_1")).toMatchObject({ status: "assigned", version: 4, assigned_at: AT, problem: "flat_tire" });
  });

  it("ignores what is older than what was read", () => {
    const before = city(row({ version: 7, status: "in_transit" }));
    expect(moved(before, update("assigned", 4), AT)).toBe(before);
  });

  it("leaves the live ones when it ends, and does not come back by an older event", () => {
    const ended = moved(city(row()), update("completed", 9), AT);
    expect(ended.rescues.size).toBe(0);
    expect(moved(ended, update("in_transit", 8), AT)).toBe(ended);
  });

  it("is there as soon as an event tells of it", () => {
    const next = moved(empty, update("requested", 1, "res_2"), AT);
    expect(next.rescues.get("res_2")).toEqual({ id: "res_2", status: "requested", version: 1, requested_at: AT });
  });
});

describe("the rescues read again", () => {
  it("bring what an event does not carry, and never take a state back", () => {
    const before = moved(empty, update("assigned", 5), AT);
    const after = read(before, [row({ version: 3, pickup: { lat: 45.5, lng: -73.6 } })], 0);
    expect(after.rescues.get("res_1")).toMatchObject({ version: 5, status: "assigned", assigned_at: AT, problem: "flat_tire", pickup: { lat: 45.5, lng: -73.6 } });
  });

  it("do not bring back one that ended while they were on their way", () => {
    const before = city(row());
    const ended = moved(before, update("cancelled", 4), AT);
    expect(read(ended, [row()], before.turn).rescues.size).toBe(0);
  });

  it("leave out one that has ended unheard", () => {
    const before = moved(empty, update("assigned", 5), AT);
    expect(read(before, [], before.turn).rescues.size).toBe(0);
  });

  it("keep one that was requested while they were on their way", () => {
    const after = read(moved(empty, update("requested", 1), AT), [], 0);
    expect([...after.rescues.keys()]).toEqual(["res_1"]);
  });
});

it("forgets the ended in time", () => {
  let now = moved(empty, update("completed", 9, "res_old"), AT);
  for (let i = 0; i < 3_000; i += 1) now = moved(now, update("completed", 9, `res_${i}`), AT);
  expect(now.heard.has("res_old")).toBe(false);
  expect(now.heard.has("res_2999")).toBe(true);
});

describe("the longest wait", () => {
  const now = Date.parse("2026-03-02T16:05:00Z");

  it("is of those who wait for a driver now, since they began to", () => {
    const waiting = row({ waiting_since: "2026-03-02T16:04:15Z" });
    expect(longestWait([waiting, row({ status: "requested", requested_at: "2026-03-02T16:04:50Z" }), row({ status: "assigned" })], now)).toBe(45);
  });

  it("is none where nobody waits, and never below that", () => {
    expect(longestWait([row({ status: "in_transit" })], now)).toBe(0);
    expect(longestWait([row({ waiting_since: "2026-03-02T16:05:02Z" })], now)).toBe(0);
  });
});
