import { beforeEach, describe, expect, it } from "vitest";

import type { MapView } from "./api.ts";
import { useCity } from "./city.ts";

const event = (seq: number, data: object = {}) => ({ id: `evt.${seq}`, stream: "ops:montreal", cursor: `e1:${seq}`, at: "2026-03-02T16:01:00Z", data });
const view = { area_id: "montreal", at: "2026-03-02T16:00:00Z", drivers: [], rescues: [] } satisfies MapView;
const state = () => useCity.getState();

beforeEach(() => state().clear());

describe("the stream of events", () => {
  it("has the newest first, each once", () => {
    state().apply("message:new", event(1, { rescue_id: "res_1" }), false);
    state().apply("message:new", event(2), false);
    state().apply("message:new", event(1), false);
    expect(state().lines.map((line) => [line.id, line.rescueId])).toEqual([
      ["evt.2", null],
      ["evt.1", "res_1"],
    ]);
  });

  it("is bounded", () => {
    for (let seq = 0; seq < 250; seq += 1) state().apply("message:new", event(seq), false);
    expect(state().lines).toHaveLength(200);
    expect(state().lines[0]?.id).toBe("evt.249");
  });

  it("tells of the past without changing the present", () => {
    state().load(view, 0, 0);
    state().apply("rescue:status_update", event(1, { rescue_id: "res_1", status: "matching", version: 2 }), true);
    expect(state().lines).toHaveLength(1);
    expect(state().rescues.size).toBe(0);
  });

  it("tells of what the state had already", () => {
    state().apply("rescue:status_update", event(2, { rescue_id: "res_1", status: "assigned", version: 3 }), false);
    state().apply("rescue:status_update", event(3, { rescue_id: "res_1", status: "matching", version: 2 }), false);
    expect(state().lines).toHaveLength(2);
    expect(state().rescues.get("res_1")?.status).toBe("assigned");
  });

  it("changes the present when it is news", () => {
    state().apply("rescue:status_update", event(1, { rescue_id: "res_1", status: "matching", version: 2 }), false);
    expect(state().rescues.get("res_1")).toMatchObject({ status: "matching", waiting_since: "2026-03-02T16:01:00Z" });
  });
});

describe("the state", () => {
  it("is loaded after a failure as well", () => {
    state().failToLoad();
    expect(state()).toMatchObject({ loaded: false, unread: true });
    state().load(view, 0, 0);
    expect(state()).toMatchObject({ loaded: true, unread: false });
  });

  it("leaves nothing for the next who signs in", () => {
    state().load({ ...view, drivers: [{ driver_id: "usr_1", lat: 45.5, lng: -73.6, at: view.at }] }, 0, 0);
    state().apply("message:new", event(1, { rescue_id: "res_1" }), false);
    state().open("res_1");
    state().clear();
    expect(state()).toMatchObject({ loaded: false, opened: null, lines: [], trucks: new Map() });
  });
});
