// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { MONTREAL } from "../../lib/area.fixture.ts";
import { AreaContext } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { texts } from "../../lib/texts.ts";
import type { MapConfig } from "./choose.ts";
import { LiveMap } from "./LiveMap.tsx";

const openMap = vi.hoisted(() => vi.fn());
vi.mock("./cityMap.ts", () => ({ openMap }));
// Drawn on a canvas, which jsdom has not.
vi.mock("./Key.tsx", () => ({ Key: ({ ownPaper }: { ownPaper: boolean }) => (ownPaper ? "our paper" : "their paper") }));

const config = { style_url: null, mapbox_token: null };
const covered = () => 0;
const show = (dark = false, map: MapConfig = config) => (
  <AreaContext.Provider value={MONTREAL}>
    <LiveMap config={map} dark={dark} covered={covered} className="" />
  </AreaContext.Provider>
);

beforeEach(() => useCity.getState().clear());
afterEach(() => {
  cleanup();
  openMap.mockReset();
});

it("says so where a browser cannot draw it", async () => {
  openMap.mockRejectedValue(new Error("no WebGL"));
  render(show());
  expect(await screen.findByText(texts.map.none)).toBeDefined();
});

it("says so when it is not the map that was set up", async () => {
  openMap.mockImplementation((_box: HTMLElement, plan: { onPlain: () => void }) => {
    plan.onPlain();
    return Promise.resolve({ close: vi.fn(), setDark: vi.fn() });
  });
  render(show());
  expect(await screen.findByText(texts.map.plain)).toBeDefined();
});

it("says that it may be old while there is no connection", () => {
  openMap.mockReturnValue(new Promise(() => undefined));
  render(show());
  expect(screen.queryByText(texts.map.stale)).toBeNull();
  act(() => useCity.getState().setConnection("offline"));
  expect(screen.getByText(texts.map.stale)).toBeDefined();
});

it("has the key of the paper that is shown", async () => {
  const plans: { onPlain: () => void }[] = [];
  openMap.mockImplementation((_box: HTMLElement, plan: { onPlain: () => void }) => {
    plans.push(plan);
    return Promise.resolve({ close: vi.fn(), setDark: vi.fn() });
  });
  const { rerender } = render(show());
  expect(screen.getByText("our paper")).toBeDefined();
  rerender(show(false, { style_url: "https://tiles.example/style.json", mapbox_token: null }));
  expect(await screen.findByText("their paper")).toBeDefined();
  act(() => plans.at(-1)?.onPlain());
  expect(screen.getByText("our paper")).toBeDefined();
});

it("is opened once, follows the theme, and is closed", async () => {
  const map = { close: vi.fn(), setDark: vi.fn() };
  openMap.mockResolvedValue(map);
  const { rerender, unmount } = render(show());
  await act(async () => Promise.resolve());
  rerender(show(true));
  expect(map.setDark).toHaveBeenLastCalledWith(true);
  expect(openMap).toHaveBeenCalledOnce();
  unmount();
  expect(map.close).toHaveBeenCalledOnce();
});
