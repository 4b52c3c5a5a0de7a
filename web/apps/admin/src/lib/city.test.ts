import { beforeEach, describe, expect, it } from "vitest";

import type { RescueRow } from "./api.ts";
import { moved, useCity } from "./city.ts";

const row = (over: Partial<RescueRow> = {}): RescueRow =>
  ({ id: "res_1", status: "matching", version: 3, requested_at: "2026-03-02T16:00:00Z", ...over }) as RescueRow;

describe("a rescue that changes its state", () => {
  it("takes the newer version", () => {
    const next = moved(new Map([["res_1", row()]]), { rescue_id: "res_1", status: "assigned", version: 4 }, "2026-03-02T16:01:00Z");
    expect(next.get("res_1")).toMatchObject({ status: "assigned", version: 4, assigned_at: "2026-03-02T16:01:00Z" });
  });

  it("ignores what is older than what was loaded", () => {
    const rescues = new Map([["res_1", row({ version: 7, status: "in_transit" })]]);
    expect(moved(rescues, { rescue_id: "res_1", status: "assigned", version: 4 }, "")).toBe(rescues);
  });

  it("leaves the live ones when it ends", () => {
    const next = moved(new Map([["res_1", row()]]), { rescue_id: "res_1", status: "completed", version: 9 }, "");
    expect(next.size).toBe(0);
  });
});

describe("trucks", () => {
  beforeEach(() => useCity.setState({ trucks: new Map() }));

  it("remember where they were, so that they can be drawn moving", () => {
    const { move } = useCity.getState();
    move([{ driver_id: "usr_1", lat: 45.5, lng: -73.6 }], 0);
    move([{ driver_id: "usr_1", lat: 45.6, lng: -73.6 }], 1000);
    expect(useCity.getState().trucks.get("usr_1")).toMatchObject({ lat: 45.6, from: { lat: 45.5, lng: -73.6 } });
  });

  it("vanish when they have been silent", () => {
    const { move } = useCity.getState();
    move([{ driver_id: "usr_1", lat: 45.5, lng: -73.6 }], 0);
    move([{ driver_id: "usr_2", lat: 45.5, lng: -73.6 }], 60_000);
    expect([...useCity.getState().trucks.keys()]).toEqual(["usr_2"]);
  });
});

describe("rows read again", () => {
  it("bring what an event does not carry, and never take a state back", () => {
    useCity.setState({ rescues: new Map([["res_1", row({ version: 5, status: "assigned" })]]) });
    useCity.getState().merge([row({ version: 3, problem: "flat_tire" }), row({ id: "res_2" })]);
    expect(useCity.getState().rescues.get("res_1")).toMatchObject({ version: 5, status: "assigned", problem: "flat_tire" });
    expect(useCity.getState().rescues.has("res_2")).toBe(false);
  });
});
