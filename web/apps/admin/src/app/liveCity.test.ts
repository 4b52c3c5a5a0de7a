// @vitest-environment jsdom
import { AxiosError, AxiosHeaders } from "axios";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { MapView } from "../lib/api.ts";
import { useCity } from "../lib/city.ts";
import { LiveCity } from "./liveCity.ts";

const getMap = vi.hoisted(() => vi.fn<(area: string) => Promise<MapView>>());
vi.mock("../lib/api.ts", () => ({ getMap }));

const view = (...ids: string[]): MapView =>
  ({
    area_id: "montreal",
    at: "2026-03-02T16:00:00Z",
    drivers: [],
    rescues: ids.map((id) => ({ id, status: "matching", version: 2, requested_at: "2026-03-02T16:00:00Z", pickup: { lat: 45.5, lng: -73.6 } })),
  }) as unknown as MapView;
const status = (id: string, state: string, version: number) => ({
  id: `evt.${id}.${version}`,
  stream: "ops:montreal",
  cursor: `e1:${version}`,
  at: "2026-03-02T16:01:00Z",
  data: { rescue_id: id, status: state, version },
});
const failure = (code: number) =>
  new AxiosError("", "", undefined, null, { status: code, data: null, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } });

const forbidden = vi.fn();
const settle = () => vi.advanceTimersByTimeAsync(0);
let city: LiveCity;

beforeEach(() => {
  vi.useFakeTimers();
  getMap.mockReset();
  forbidden.mockReset();
  useCity.getState().clear();
  city = new LiveCity("montreal", forbidden);
  city.start();
});
afterEach(() => {
  city.stop();
  vi.useRealTimers();
});

describe("the city's state", () => {
  it("is read when asked for, once for all who ask meanwhile and once afterwards", async () => {
    getMap.mockResolvedValue(view("res_1"));
    for (let i = 0; i < 4; i += 1) city.readNow();
    await settle();
    expect(getMap).toHaveBeenCalledTimes(2);
    expect([...useCity.getState().rescues.keys()]).toEqual(["res_1"]);
  });

  it("is tried again when it cannot be read, ever more slowly", async () => {
    getMap.mockRejectedValue(failure(503));
    city.readNow();
    await settle();
    expect(useCity.getState().unread).toBe(true);
    await vi.advanceTimersByTimeAsync(999);
    expect(getMap).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(getMap).toHaveBeenCalledTimes(2);
    getMap.mockResolvedValue(view());
    await vi.advanceTimersByTimeAsync(2_000);
    expect(useCity.getState()).toMatchObject({ loaded: true, unread: false });
  });

  it("is not for an account that lost its rights", async () => {
    getMap.mockRejectedValue(failure(403));
    city.readNow();
    await settle();
    expect(forbidden).toHaveBeenCalledOnce();
  });

  it("is read now and then, as rows may be a moment behind the stream", async () => {
    getMap.mockResolvedValue(view("res_1"));
    await vi.advanceTimersByTimeAsync(25_000);
    expect(useCity.getState().rescues.size).toBe(1);
  });

  it("is left alone after the end", async () => {
    getMap.mockResolvedValue(view("res_1"));
    city.readNow();
    city.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(useCity.getState().loaded).toBe(false);
    expect(getMap).toHaveBeenCalledTimes(1);
  });
});

describe("an event", () => {
  it("of a rescue whose place is not known has it read, together with others", async () => {
    getMap.mockResolvedValue(view("res_1", "res_2"));
    city.event("rescue:status_update", status("res_1", "matching", 2), false);
    city.event("rescue:status_update", status("res_2", "matching", 2), false);
    await vi.advanceTimersByTimeAsync(600);
    expect(getMap).toHaveBeenCalledTimes(1);
    expect(useCity.getState().rescues.get("res_1")?.pickup).toBeDefined();
  });

  it("of the past has nothing read", async () => {
    city.event("rescue:status_update", status("res_1", "matching", 2), true);
    await vi.advanceTimersByTimeAsync(600);
    expect(getMap).not.toHaveBeenCalled();
  });
});

describe("positions", () => {
  it("are put on the map once a frame, the last of each truck", async () => {
    const changes = vi.fn();
    const stop = useCity.subscribe(changes);
    const at = "2026-03-02T16:00:00Z";
    city.positions([{ driver_id: "usr_1", lat: 45.5, lng: -73.6, at }]);
    city.positions({ driver_id: "usr_1", lat: 45.51, lng: -73.6, at });
    await vi.advanceTimersByTimeAsync(50);
    stop();
    expect(useCity.getState().trucks.get("usr_1")?.lat).toBe(45.51);
    expect(changes).toHaveBeenCalledTimes(1);
  });
});
