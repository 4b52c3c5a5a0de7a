import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";

const MAPBOX = "api.mapbox.com";

/** Serves the configuration with another map configuration. */
const configureMap = (page: Page, map: object) =>
  page.route("**/config.json", async (route) => {
    const config = (await (await route.fetch()).json()) as { map: object };
    await route.fulfill({ json: { ...config, map: { ...config.map, ...map } } });
  });

describe.skipIf(!demoCityAvailable)("the map", () => {
  test("that cannot be shown leaves the lists usable", async ({ page, pageLog }) => {
    await page.addInitScript(() => {
      const canvas = HTMLCanvasElement.prototype as { getContext: (this: unknown, ...args: unknown[]) => unknown };
      const { getContext } = canvas;
      canvas.getContext = function (...args) {
        return String(args[0]).startsWith("webgl") ? null : getContext.apply(this, args);
      };
    });
    const console = new ConsolePage(page);
    await console.signInBefore();
    await console.visit();
    await page.getByText(/This browser cannot show the map/).waitFor();
    await console.openRescue();
    pageLog.errors = pageLog.errors.filter((error) => !/webgl/i.test(error)); // logged by the map library
  });

  test("falls back to the basic one when Mapbox cannot be reached", async ({ page, pageLog }) => {
    await configureMap(page, { mapbox_token: "pk.test" });
    const console = await new ConsolePage(page).enter();
    await page.getByText(/Showing the basic map/).waitFor();
    await console.waitForMovingTrucks();
    pageLog.hosts.delete(MAPBOX);
    pageLog.errors = pageLog.errors.filter((error) => !error.includes(MAPBOX)); // blocked by the content security policy
  });

  test("falls back to the basic one when the configured style cannot be reached", async ({ page }) => {
    await configureMap(page, { style_url: `${getDemoCity().base}/no-such-style.json` });
    const console = await new ConsolePage(page).enter();
    await page.getByText(/Showing the basic map/).waitFor();
    await console.waitForMovingTrucks();
  });

  test("marks the open rescue", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    const selectedIds = () =>
      page.getByTestId("map").evaluate((element: HTMLElement & { cityMap?: { querySourceFeatures: (source: string) => { properties: { id: string; selected: boolean } }[] } }) =>
        (element.cityMap?.querySourceFeatures("rescues") ?? []).filter(({ properties }) => properties.selected).map(({ properties }) => properties.id.slice(-6).toUpperCase()),
      );
    const openAndFind = async (): Promise<boolean> => {
      await console.openRescue();
      for (let tries = 0; tries < 20; tries += 1) {
        const title = (await console.sheet().getByRole("heading", { level: 2 }).textContent()) ?? "";
        if ((await selectedIds()).some((id) => title.endsWith(id))) return true;
        await page.waitForTimeout(250);
      }
      await page.keyboard.press("Escape"); // the ride may have ended, and left the map
      await console.sheet().waitFor({ state: "hidden" });
      return false;
    };
    await expect.poll(openAndFind, { interval: 1 }).toBe(true);
  });
});
