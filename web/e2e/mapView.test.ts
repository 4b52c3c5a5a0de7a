import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { MapPage, type MapProps } from "./support/mapPage.ts";

const SCREENSHOTS = resolve(import.meta.dirname, "../../.data/screenshots");
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
});
