// @vitest-environment jsdom
import type { MapConfig } from "@supportcarr/map/mapStyle";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { MONTREAL } from "../../lib/testing/areas.ts";
import { AreaContext } from "../../lib/area.ts";
import { useCityStore } from "../../lib/cityStore.ts";
import { texts } from "../../lib/texts.ts";
import { LiveMap } from "./LiveMap.tsx";

const openMap = vi.hoisted(() => vi.fn());
vi.mock("./cityMap.ts", () => ({ openMap }));
// The legend is drawn on a canvas, which jsdom does not have.
vi.mock("./MapLegend.tsx", () => ({ MapLegend: ({ builtInStyle }: { builtInStyle: boolean }) => (builtInStyle ? "legend of the built-in style" : "legend of an external style") }));

const config: MapConfig = { style_url: null, mapbox_token: null };
const getCoveredWidth = () => 0;
const onSelectRescue = vi.fn();
const liveMap = ({ dark = false, map = config, selected = null }: { dark?: boolean; map?: MapConfig; selected?: string | null } = {}) => (
  <AreaContext.Provider value={MONTREAL}>
    <LiveMap config={map} dark={dark} selectedRescueId={selected} onSelectRescue={onSelectRescue} getCoveredWidth={getCoveredWidth} className="" />
  </AreaContext.Provider>
);

const createFakeMap = () => ({ close: vi.fn(), setDark: vi.fn(), setSelected: vi.fn() });

beforeEach(() => useCityStore.getState().reset());
afterEach(() => {
  cleanup();
  openMap.mockReset();
});

it("says so when the browser cannot show the map", async () => {
  openMap.mockRejectedValue(new Error("no WebGL"));
  render(liveMap());
  expect(await screen.findByText(texts.map.unavailable)).toBeDefined();
});

it("says so when the configured map could not be loaded", async () => {
  openMap.mockImplementation((_box: HTMLElement, options: { onFallback: () => void }) => {
    options.onFallback();
    return Promise.resolve(createFakeMap());
  });
  render(liveMap());
  expect(await screen.findByText(texts.map.fallback)).toBeDefined();
});

it("warns that the data may be out of date while offline", () => {
  openMap.mockReturnValue(new Promise(() => undefined));
  render(liveMap());
  expect(screen.queryByText(texts.map.stale)).toBeNull();
  act(() => useCityStore.getState().setConnection("offline"));
  expect(screen.getByText(texts.map.stale)).toBeDefined();
});

it("has the legend of the style that is shown", async () => {
  const opened: { onFallback: () => void }[] = [];
  openMap.mockImplementation((_box: HTMLElement, options: { onFallback: () => void }) => {
    opened.push(options);
    return Promise.resolve(createFakeMap());
  });
  const { rerender } = render(liveMap());
  expect(screen.getByText("legend of the built-in style")).toBeDefined();
  rerender(liveMap({ map: { style_url: "https://tiles.example/style.json", mapbox_token: null } }));
  expect(await screen.findByText("legend of an external style")).toBeDefined();
  act(() => opened.at(-1)?.onFallback());
  expect(screen.getByText("legend of the built-in style")).toBeDefined();
});

it("is opened once, follows the theme and the selection, and is closed", async () => {
  const map = createFakeMap();
  openMap.mockResolvedValue(map);
  const { rerender, unmount } = render(liveMap());
  await act(async () => Promise.resolve());
  rerender(liveMap({ dark: true }));
  expect(map.setDark).toHaveBeenLastCalledWith(true);
  rerender(liveMap({ dark: true, selected: "res_1" }));
  expect(map.setSelected).toHaveBeenLastCalledWith("res_1");
  expect(openMap).toHaveBeenCalledOnce();
  unmount();
  expect(map.close).toHaveBeenCalledOnce();
});

it("shows the rescue that was selected before the map was open", async () => {
  const map = createFakeMap();
  openMap.mockResolvedValue(map);
  render(liveMap({ selected: "res_1" }));
  await act(async () => Promise.resolve());
  expect(map.setSelected).toHaveBeenLastCalledWith("res_1");
});
