import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { cityUnderTest, test, there } from "./support/browser.ts";
import { ConsolePage } from "./support/console.ts";

const MAPBOX = "api.mapbox.com";

/** The server's own answer with another map set up. */
const withMap = (page: Page, map: object) =>
  page.route("**/config.json", async (route) => {
    const config = (await (await route.fetch()).json()) as { map: object };
    await route.fulfill({ json: { ...config, map: { ...config.map, ...map } } });
  });

describe.skipIf(!there)("the map", () => {
  test("that cannot be drawn leaves the lists in use", async ({ page, watched }) => {
    await page.addInitScript(() => {
      const canvas = HTMLCanvasElement.prototype as { getContext: (this: unknown, ...given: unknown[]) => unknown };
      const { getContext } = canvas;
      canvas.getContext = function (...given) {
        return String(given[0]).startsWith("webgl") ? null : getContext.apply(this, given);
      };
    });
    const console = new ConsolePage(page);
    const { tokens } = cityUnderTest();
    await page.addInitScript((kept) => sessionStorage.setItem("supportcarr.console.session", kept), JSON.stringify(tokens));
    await console.visit();
    await page.getByText(/cannot be shown in this browser/).waitFor();
    await console.openRescue();
    watched.errors = watched.errors.filter((error) => !/webgl/i.test(error)); // the map library says so too
  });

  test("of a Mapbox token that cannot be reached is the plain one", async ({ page, watched }) => {
    await withMap(page, { mapbox_token: "pk.test" });
    const console = await new ConsolePage(page).enter();
    await page.getByText(/this is the plain one/).waitFor();
    await console.trucksMove();
    watched.hosts.delete(MAPBOX);
    watched.errors = watched.errors.filter((error) => !error.includes(MAPBOX)); // a policy may forbid it
  });

  test("of a style that cannot be reached is the plain one", async ({ page }) => {
    await withMap(page, { style_url: `${cityUnderTest().base}/no-such-style.json` });
    const console = await new ConsolePage(page).enter();
    await page.getByText(/this is the plain one/).waitFor();
    await console.trucksMove();
  });

  test("marks the rescue that is open", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    const chosen = () =>
      page.getByTestId("map").evaluate((box: HTMLElement & { cityMap?: { querySourceFeatures: (source: string) => { properties: { id: string; chosen: boolean } }[] } }) =>
        (box.cityMap?.querySourceFeatures("rescues") ?? []).filter(({ properties }) => properties.chosen).map(({ properties }) => properties.id.slice(-6).toUpperCase()),
      );
    await console.openRescue();
    await expect
      .poll(async () => {
        const title = (await console.sheet().getByRole("heading", { level: 2 }).textContent()) ?? "";
        return (await chosen()).some((id) => title.endsWith(id));
      })
      .toBe(true);
  });
});
