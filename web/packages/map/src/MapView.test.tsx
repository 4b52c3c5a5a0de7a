// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { MapView, type MapViewProps } from "./MapView.tsx";

const { loadMapbox, loadMapLibre, maps, fetchConfig } = vi.hoisted(() => {
  class FakeMap {
    listeners = new Map<string, (event: object) => void>();
    styles: unknown[] = [];
    eased: unknown[] = [];
    removed = false;
    touchZoomRotate = { disableRotation: () => undefined };
    keyboard = { disableRotation: () => undefined };
    constructor(readonly options: { style: unknown }) {
      maps.push(this);
    }
    on(name: string, listener: (event: object) => void) {
      this.listeners.set(name, listener);
    }
    emit(name: string, event: object = {}) {
      this.listeners.get(name)?.(event);
    }
    controls: object[] = [];
    addControl(control: object) {
      this.controls.push(control);
    }
    addSource = () => undefined;
    addLayer = () => undefined;
    getSource = () => ({ setData: () => undefined });
    getCenter = () => ({ lng: -73.5, lat: 45.5 });
    getZoom = () => 13;
    jumpTo = () => undefined;
    easeTo(options: unknown) {
      this.eased.push(options);
    }
    remove() {
      this.removed = true;
    }
  }
  class FakeMarker {
    setLngLat = () => this;
    addTo = () => this;
    setRotation = () => this;
    remove = () => this;
  }
  class FakeControl {
    shown = true;
  }
  class FakeScale extends FakeControl {
    readonly isScale = true;
  }
  const maps: FakeMap[] = [];
  const library = { Map: FakeMap, Marker: FakeMarker, NavigationControl: FakeControl, ScaleControl: FakeScale, AttributionControl: FakeControl };
  return { maps, loadMapLibre: vi.fn(() => Promise.resolve(library)), loadMapbox: vi.fn(() => Promise.resolve(library)), fetchConfig: vi.fn() };
});
vi.mock("./mapLibrary.ts", () => ({ loadMapbox, loadMapLibre }));
vi.mock("@supportcarr/client/config", () => ({ fetchConfig }));

const LABEL = "Where Sam is";
const TOKEN = { style_url: null, mapbox_token: "pk.1" };
const configure = (map: object) => fetchConfig.mockResolvedValue({ map, areas: [] });

async function show(props: Partial<MapViewProps> = {}, map: object = { style_url: null, mapbox_token: null }) {
  configure(map);
  // The configuration is kept for the whole page, which is a new one for each test.
  vi.resetModules();
  const { MapView: View } = await import("./MapView.tsx");
  const rendered = render(<View label={LABEL} center={[-73.57, 45.5]} {...props} />);
  await vi.waitFor(() => expect(maps.length).toBeGreaterThan(0));
  return { ...rendered, View };
}

beforeEach(() => void maps.splice(0));
afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

it("says in words what is on the map", () => {
  render(<MapView label={LABEL} markers={[{ id: "1", kind: "truck", at: [-73.5, 45.5], label: "Sam's truck" }]} />);
  expect(screen.getByRole("group", { name: "Where Sam is" })).toBeDefined();
  expect(screen.getByRole("listitem").textContent).toBe("Sam's truck");
});

it.each([
  [208, false], // of a job, on a driver's phone
  [480, true],
])("with a height of %d px it has a scale: %s", async (height, scaled) => {
  const measured = vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(height);
  await show();
  expect(maps[0]?.controls.some((control) => "isScale" in control)).toBe(scaled);
  measured.mockRestore();
});

it("uses Mapbox only with a token", async () => {
  await show({}, TOKEN);
  expect(loadMapbox).toHaveBeenCalledWith("pk.1", undefined);
  expect(loadMapLibre).not.toHaveBeenCalled();
});

it("shows our own style when the configured one cannot be loaded", async () => {
  await show({}, { style_url: "https://tiles.example/style.json", mapbox_token: null });
  expect(maps[0]?.options.style).toBe("https://tiles.example/style.json");
  maps[0]?.emit("error");
  await vi.waitFor(() => expect(maps.length).toBe(2));
  expect(maps[0]?.removed).toBe(true);
  expect(maps[1]?.options.style).toMatchObject({ version: 8 });
});

it("keeps a style whose tile is missing", async () => {
  await show({}, { style_url: "https://tiles.example/style.json", mapbox_token: null });
  maps[0]?.emit("style.load");
  maps[0]?.emit("error");
  await Promise.resolve();
  expect(maps.length).toBe(1);
});

it("shows our own style without a connection to the server", async () => {
  fetchConfig.mockRejectedValue(new Error("offline"));
  vi.resetModules();
  const { MapView: View } = await import("./MapView.tsx");
  render(<View label={LABEL} />);
  await vi.waitFor(() => expect(maps[0]?.options.style).toMatchObject({ version: 8 }));
});

it("says so when the browser cannot draw maps, and tells the page to go on", async () => {
  loadMapLibre.mockRejectedValueOnce(new Error("no WebGL"));
  const onReady = vi.fn();
  configure({ style_url: null, mapbox_token: null });
  vi.resetModules();
  const { MapView: View } = await import("./MapView.tsx");
  render(<View label={LABEL} onReady={onReady} />);
  expect(await screen.findByText(/cannot show the map/)).toBeDefined();
  expect(onReady).toHaveBeenCalledOnce();
});

it("reports and announces where the person moves the pin, but not its own movements", async () => {
  const onMove = vi.fn();
  await show({ onMove });
  maps[0]?.emit("moveend", {});
  expect(onMove).not.toHaveBeenCalled();
  maps[0]?.emit("movestart", { originalEvent: {} });
  maps[0]?.emit("moveend", { originalEvent: {} });
  expect(onMove).toHaveBeenCalledWith([-73.5, 45.5]);
  await vi.waitFor(() => expect(screen.getByRole("status").textContent).toBe("The pin is at 45.50000, -73.50000"));
});

it("reads the address of the pin once it is known", async () => {
  await show({ onMove: vi.fn(), pinLabel: "12 Rue Ontario" });
  expect(screen.getByRole("status").textContent).toBe("The pin is at 12 Rue Ontario");
});

it("moves to a new centre, but not to the one that it reported itself", async () => {
  const { rerender, View } = await show({ onMove: vi.fn() });
  maps[0]?.emit("movestart", { originalEvent: {} });
  maps[0]?.emit("moveend", { originalEvent: {} });
  rerender(<View label={LABEL} center={[-73.5, 45.5]} onMove={vi.fn()} />);
  expect(maps[0]?.eased).toHaveLength(0);
  rerender(<View label={LABEL} center={[-73.6, 45.6]} onMove={vi.fn()} />);
  expect(maps[0]?.eased).toMatchObject([{ center: [-73.6, 45.6] }]);
});
