import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { MapPage, type MapProps } from "./support/mapPage.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SCREENSHOTS = join(ROOT, ".data/screenshots");

/** An extract of OpenStreetMap beside the repository, if somebody has put it there. */
function findExtract(): string | null {
  for (let at = ROOT; at !== dirname(at); at = dirname(at)) {
    const path = join(at, "shared/data/andorra.osm.pbf");
    if (existsSync(path)) return path;
  }
  return null;
}
const extract = findExtract();
const PICKUP: [number, number] = [-73.5795, 45.5262];
const TRUCK: [number, number] = [-73.592, 45.533];
const RIDE: MapProps = {
  markers: [
    { id: "rider", kind: "rider", at: PICKUP, label: "You" },
    { id: "truck", kind: "truck", at: TRUCK, heading: 130, label: "Sam's truck" },
    { id: "shop", kind: "dropoff", at: [-73.57, 45.538], label: "Drop-off" },
  ],
  line: [TRUCK, [-73.588, 45.531], [-73.583, 45.5278], PICKUP],
  fit: [PICKUP, TRUCK],
  padding: { bottom: 280 },
};

const asPhone = (page: Page) => page.setViewportSize({ width: 390, height: 844 });

async function photograph(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

const truckOnScreen = (page: Page): Promise<{ x: number; y: number }> =>
  page.locator(".sc-marker-truck").evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  });

describe.skipIf(!demoCityAvailable)("a map", () => {
  test("shows the ride in our own style, in light and dark, and in words", async ({ page }) => {
    await asPhone(page);
    const map = new MapPage(page, getDemoCity().base);
    await map.open();
    await map.show(RIDE);
    await map.drawn();
    await photograph(page, "map-offline-light");
    expect(await seriousViolations(page)).toEqual([]);
    expect(await page.getByRole("listitem").allTextContents()).toEqual(["You", "Sam's truck", "Drop-off"]);
    await map.setTheme("dark");
    await map.drawn();
    await page.waitForTimeout(300);
    await photograph(page, "map-offline-dark");
    expect(await seriousViolations(page)).toEqual([]);
    // Both ends of the way are above what covers the map.
    const { y } = await truckOnScreen(page);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(844 - 280);
  });

  test("glides a truck, or moves it at once for people who want no motion", async ({ page }) => {
    await asPhone(page);
    const map = new MapPage(page, getDemoCity().base);
    await map.open();
    await map.show(RIDE);
    await map.drawn();
    const from = await truckOnScreen(page);
    await page.waitForTimeout(1_000); // the time between two positions is that of the movement
    await map.show({ ...RIDE, markers: [{ id: "truck", kind: "truck", at: [-73.588, 45.531], label: "Sam's truck" }] });
    const seen = new Set<number>();
    await expect
      .poll(async () => {
        seen.add(Math.round((await truckOnScreen(page)).x));
        return seen.size;
      }, { interval: 30 })
      .toBeGreaterThan(4);
    await expect.poll(async () => (await truckOnScreen(page)).x - from.x, { interval: 100 }).toBeGreaterThan(20);

    await page.emulateMedia({ reducedMotion: "reduce" });
    await map.show({ ...RIDE, markers: [{ id: "truck", kind: "truck", at: PICKUP, label: "Sam's truck" }] });
    const arrived = await truckOnScreen(page);
    await page.waitForTimeout(500);
    expect(await truckOnScreen(page)).toEqual(arrived);
  });

  test("is moved below the pin by drag, tap and keys, and says where the pin is", async ({ page }) => {
    await asPhone(page);
    const map = new MapPage(page, getDemoCity().base);
    await map.open();
    await map.show({ center: PICKUP, zoom: 15, movable: true, padding: { bottom: 300 } });
    await map.drawn();
    await photograph(page, "map-pin");
    const moves = () => page.evaluate(() => window.mapMoves);
    expect(await moves()).toEqual([]);
    await page.mouse.move(200, 300);
    await page.mouse.down();
    await page.mouse.move(120, 300, { steps: 5 });
    await page.mouse.up();
    await expect.poll(async () => (await moves()).length).toBe(1);
    expect((await map.center())[0]).toBeGreaterThan(PICKUP[0]);
    // What is tapped comes below the pin.
    await page.mouse.click(100, 200);
    await expect.poll(async () => (await moves()).length).toBe(2);
    await page.locator("canvas").focus();
    await page.keyboard.press("ArrowUp");
    await expect.poll(async () => (await moves()).length).toBe(3);
    const [, second, third] = await moves();
    expect(third?.[1]).toBeGreaterThan(second?.[1] ?? 90);
    await expect.poll(() => page.getByRole("status").textContent()).toContain(`${third?.[1].toFixed(5)}, ${third?.[0].toFixed(5)}`);
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("follows its points until the person moves it, and again on request", async ({ page }) => {
    await asPhone(page);
    const map = new MapPage(page, getDemoCity().base);
    await map.open();
    await map.show(RIDE);
    await map.drawn();
    const recentre = page.getByRole("button", { name: "Centre the map" });
    expect(await recentre.count()).toBe(0);
    await page.mouse.move(200, 200);
    await page.mouse.down();
    await page.mouse.move(200, 600, { steps: 5 });
    await page.mouse.up();
    await recentre.waitFor();
    const moved = await map.center();
    await map.show({ ...RIDE, fit: [PICKUP, [-73.61, 45.54]] });
    await page.waitForTimeout(600);
    expect(await map.center()).toEqual(moved);
    await recentre.click();
    await expect.poll(() => map.center()).not.toEqual(moved);
    await expect.poll(() => recentre.count()).toBe(0);
  });

  test.skipIf(!extract)("shows the streets and names of an imported region", async ({ page }) => {
    const folder = mkdtempSync(join(tmpdir(), "map-"));
    execFileSync(join(ROOT, ".venv/bin/supportcarr"), ["map", "import", extract ?? "", "--area", "Andorra"], { env: { ...process.env, SUPPORTCARR_MAP_FOLDER: folder } });
    const tiles = readFileSync(join(folder, "streets.pmtiles"));
    const { attribution } = JSON.parse(readFileSync(join(folder, "region.json"), "utf8")) as { attribution: string };
    // The platform of these tests has no region; its gateway's own tests serve one in parts.
    await page.route("**/map/streets.pmtiles*", async (route) => {
      const [, first, last] = /bytes=(\d+)-(\d+)/.exec(route.request().headers().range ?? "") ?? [];
      const part = tiles.subarray(Number(first), Number(last) + 1);
      await route.fulfill({ status: 206, body: part, headers: { "content-type": "application/vnd.pmtiles", "content-range": `bytes ${first}-${Number(first) + part.length - 1}/${tiles.length}` } });
    });
    await asPhone(page);
    const map = new MapPage(page, getDemoCity().base);
    await map.open({ map: { streets: { url: "/map/streets.pmtiles?v=1", attribution } } });
    await map.show({
      center: [1.5385, 42.5095],
      zoom: 15,
      area: null,
      markers: [
        { id: "rider", kind: "rider", at: [1.5385, 42.5095], label: "You" },
        { id: "truck", kind: "truck", at: [1.5352, 42.5122], heading: 140, label: "Sam's truck" },
      ],
    });
    await map.drawn();
    await page.getByText("OpenStreetMap contributors").waitFor();
    await photograph(page, "map-streets-light");
    const streets = await page.evaluate(() => {
      const element = document.querySelector<HTMLElement & { supportcarrMap?: { queryRenderedFeatures: (options: object) => { properties: { name?: string } }[] } }>("[data-testid=map]");
      return element?.supportcarrMap?.queryRenderedFeatures({ layers: ["street-names", "town-names"] }).map(({ properties }) => properties.name) ?? [];
    });
    expect(streets.length).toBeGreaterThan(3);
    await map.setTheme("dark");
    await map.drawn();
    await page.waitForTimeout(500);
    await photograph(page, "map-streets-dark");
    rmSync(folder, { recursive: true });
  });

  test("is drawn by Mapbox GL with a token, and by our own style while Mapbox refuses it", async ({ page, pageLog }) => {
    const { base } = getDemoCity();
    const emulator = new URL((await fetch(`${base}/sandbox`)).url).origin;
    const behave = (behaviour: object) =>
      fetch(`${emulator}/sandbox/mapbox/behaviour`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ outage: false, refuse_token: false, ...behaviour }) });
    const drawnBy = () => page.getByTestId("map").getAttribute("data-library");
    await asPhone(page);
    const map = new MapPage(page, base);
    const settings = { map: { mapbox_token: "pk.emulated", mapbox_api_url: emulator }, origins: [emulator] };
    await map.open(settings);
    await map.show(RIDE);
    await map.drawn();
    await photograph(page, "map-mapbox");
    expect(await drawnBy()).toBe("mapbox");
    expect(await page.locator("[data-testid=map]").getAttribute("data-style")).toBe("external");
    await expect.poll(async () => Object.keys((await (await fetch(`${emulator}/sandbox/mapbox/requests`)).json()) as object)).toEqual(expect.arrayContaining(["styles/v1", "v4/mapbox.mapbox-streets-v8"]));
    expect(await page.getByText("© Mapbox").count()).toBeGreaterThan(0);

    await behave({ refuse_token: true });
    await map.open(settings);
    await map.show(RIDE);
    await map.drawn();
    expect(await drawnBy()).toBe("maplibre");
    await behave({});
    pageLog.errors = pageLog.errors.filter((error) => !/Unauthorized|401/.test(error));
  });
});
