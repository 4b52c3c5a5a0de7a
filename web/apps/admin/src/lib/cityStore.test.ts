import { beforeEach, describe, expect, it } from "vitest";

import type { MapView } from "./api/types.ts";
import { useCityStore } from "./cityStore.ts";

const event = (offset: number, data: object = {}) => ({ id: `evt.${offset}`, stream: "ops:montreal", cursor: `e1:${offset}`, at: "2026-03-02T16:01:00Z", data });
const emptyView = { area_id: "montreal", at: "2026-03-02T16:00:00Z", drivers: [], rescues: [] } satisfies MapView;
const state = () => useCityStore.getState();

beforeEach(() => state().reset());

describe("the list of events", () => {
  it("has the newest first, each once", () => {
    state().applyEvent("message:new", event(1, { rescue_id: "res_1" }), false);
    state().applyEvent("message:new", event(2), false);
    state().applyEvent("message:new", event(1), false);
    expect(state().events.map(({ id, rescueId }) => [id, rescueId])).toEqual([
      ["evt.2", null],
      ["evt.1", "res_1"],
    ]);
  });

  it("is bounded", () => {
    for (let offset = 0; offset < 250; offset += 1) state().applyEvent("message:new", event(offset), false);
    expect(state().events).toHaveLength(200);
    expect(state().events[0]?.id).toBe("evt.249");
  });

  it("contains past events, which do not change the rescues", () => {
    state().applySnapshot(emptyView, 0, 0);
    state().applyEvent("rescue:status_update", event(1, { rescue_id: "res_1", status: "matching", version: 2 }), true);
    expect(state().events).toHaveLength(1);
    expect(state().rescues.size).toBe(0);
  });

  it("contains events that are older than the known version of their rescue", () => {
    state().applyEvent("rescue:status_update", event(2, { rescue_id: "res_1", status: "assigned", version: 3 }), false);
    state().applyEvent("rescue:status_update", event(3, { rescue_id: "res_1", status: "matching", version: 2 }), false);
    expect(state().events).toHaveLength(2);
    expect(state().rescues.get("res_1")?.status).toBe("assigned");
  });
});

describe("the state", () => {
  it("is changed by a new event", () => {
    state().applyEvent("rescue:status_update", event(1, { rescue_id: "res_1", status: "matching", version: 2 }), false);
    expect(state().rescues.get("res_1")).toMatchObject({ status: "matching", waiting_since: "2026-03-02T16:01:00Z" });
  });

  it("can be loaded after a failure", () => {
    state().setLoadFailed();
    expect(state()).toMatchObject({ loaded: false, loadFailed: true });
    state().applySnapshot(emptyView, 0, 0);
    expect(state()).toMatchObject({ loaded: true, loadFailed: false });
  });

  it("keeps nothing for the next person who signs in", () => {
    state().applySnapshot({ ...emptyView, drivers: [{ driver_id: "usr_1", lat: 45.5, lng: -73.6, at: emptyView.at }] }, 0, 0);
    state().applyEvent("message:new", event(1, { rescue_id: "res_1" }), false);
    state().reset();
    expect(state()).toMatchObject({ loaded: false, events: [], trucks: new Map() });
  });
});
