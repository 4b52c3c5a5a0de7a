// @vitest-environment jsdom
import { AxiosError, AxiosHeaders } from "axios";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { MapView } from "../lib/api/types.ts";
import { useCityStore } from "../lib/cityStore.ts";
import { CitySync } from "./citySync.ts";

const fetchMapView = vi.hoisted(() => vi.fn<(areaId: string) => Promise<MapView>>());
vi.mock("../lib/api/mapView.ts", () => ({ fetchMapView }));

const view = (...ids: string[]): MapView =>
  ({
    area_id: "montreal",
    at: "2026-03-02T16:00:00Z",
    drivers: [],
    rescues: ids.map((id) => ({ id, status: "matching", version: 2, requested_at: "2026-03-02T16:00:00Z", pickup: { lat: 45.5, lng: -73.6 } })),
  }) as unknown as MapView;
const statusEvent = (id: string, status: string, version: number, stream = "ops:montreal") => ({
  id: `evt.${id}.${version}`,
  stream,
  cursor: `e1:${version}`,
  at: "2026-03-02T16:01:00Z",
  data: { rescue_id: id, status, version },
});
const httpError = (status: number) =>
  new AxiosError("", "", undefined, null, { status, data: null, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } });

const onForbidden = vi.fn();
const flushPromises = () => vi.advanceTimersByTimeAsync(0);
let sync: CitySync;

beforeEach(() => {
  vi.useFakeTimers();
  fetchMapView.mockReset();
  onForbidden.mockReset();
  useCityStore.getState().reset();
  sync = new CitySync("montreal", onForbidden);
  sync.start();
});
afterEach(() => {
  sync.stop();
  vi.useRealTimers();
});

describe("the snapshot", () => {
  it("is loaded when requested, and once more for all requests made in the meantime", async () => {
    fetchMapView.mockResolvedValue(view("res_1"));
    for (let i = 0; i < 4; i += 1) sync.reloadNow();
    await flushPromises();
    expect(fetchMapView).toHaveBeenCalledTimes(2);
    expect([...useCityStore.getState().rescues.keys()]).toEqual(["res_1"]);
  });

  it("is retried with growing delays when it cannot be loaded", async () => {
    fetchMapView.mockRejectedValue(httpError(503));
    sync.reloadNow();
    await flushPromises();
    expect(useCityStore.getState().loadFailed).toBe(true);
    await vi.advanceTimersByTimeAsync(999);
    expect(fetchMapView).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(fetchMapView).toHaveBeenCalledTimes(2);
    fetchMapView.mockResolvedValue(view());
    await vi.advanceTimersByTimeAsync(2_000);
    expect(useCityStore.getState()).toMatchObject({ loaded: true, loadFailed: false });
  });

  it("is forbidden to an account that is no operator any more, and this is reported", async () => {
    fetchMapView.mockRejectedValue(httpError(403));
    sync.reloadNow();
    await flushPromises();
    expect(onForbidden).toHaveBeenCalledOnce();
  });

  it("is reloaded periodically, as its rows may be behind the stream", async () => {
    fetchMapView.mockResolvedValue(view("res_1"));
    await vi.advanceTimersByTimeAsync(25_000);
    expect(useCityStore.getState().rescues.size).toBe(1);
  });

  it("is not loaded after stop()", async () => {
    fetchMapView.mockResolvedValue(view("res_1"));
    sync.reloadNow();
    sync.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(useCityStore.getState().loaded).toBe(false);
    expect(fetchMapView).toHaveBeenCalledTimes(1);
  });
});

describe("an event", () => {
  it("of a rescue without coordinates causes one reload, together with others", async () => {
    fetchMapView.mockResolvedValue(view("res_1", "res_2"));
    sync.applyEvent("rescue:status_update", statusEvent("res_1", "matching", 2), false);
    sync.applyEvent("rescue:status_update", statusEvent("res_2", "matching", 2), false);
    await vi.advanceTimersByTimeAsync(600);
    expect(fetchMapView).toHaveBeenCalledTimes(1);
    expect(useCityStore.getState().rescues.get("res_1")?.pickup).toBeDefined();
  });

  it("of the past causes no reload", async () => {
    sync.applyEvent("rescue:status_update", statusEvent("res_1", "matching", 2), true);
    await vi.advanceTimersByTimeAsync(600);
    expect(fetchMapView).not.toHaveBeenCalled();
  });

  it("of another area is ignored", () => {
    sync.applyEvent("rescue:status_update", statusEvent("res_1", "matching", 2, "ops:quebec"), false);
    expect(useCityStore.getState()).toMatchObject({ events: [], revision: 0 });
  });
});

describe("positions", () => {
  it("are applied once per frame, the last one of each truck", async () => {
    const onChange = vi.fn();
    const unsubscribe = useCityStore.subscribe(onChange);
    const at = "2026-03-02T16:00:00Z";
    sync.applyPositions([{ driver_id: "usr_1", lat: 45.5, lng: -73.6, at }]);
    sync.applyPositions({ driver_id: "usr_1", lat: 45.51, lng: -73.6, at });
    await vi.advanceTimersByTimeAsync(50);
    unsubscribe();
    expect(useCityStore.getState().trucks.get("usr_1")?.lat).toBe(45.51);
    expect(onChange).toHaveBeenCalledTimes(1);
  });
});
