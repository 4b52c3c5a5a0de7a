import { describe, expect } from "vitest";

import { demoCityAvailable, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";

describe.skipIf(!demoCityAvailable)("the console", () => {
  test("shows moving trucks", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    await console.waitForMovingTrucks();
  });

  test("updates its counters", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    const figures = () => page.locator("[data-stat]:not([data-stat^='City time'])").allTextContents();
    await expect.poll(async () => (await figures()).includes("–")).toBe(false);
    const before = await figures();
    await expect.poll(figures).not.toEqual(before);
    await console.connection("Live").waitFor();
  });

  test("lists past events and adds new ones", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    await expect.poll(() => console.eventItems().count()).toBeGreaterThan(3);
    await console.waitForNewEvent();
  });

  test("does not change the events while they are paused", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    await console.eventItems().first().waitFor();
    await console.events().getByRole("button", { name: "Pause" }).click();
    const paused = await console.eventItems().allTextContents();
    const resume = console.events().getByRole("button", { name: /^Resume \(\d+ new\)$/ });
    await resume.waitFor();
    expect(await console.eventItems().allTextContents()).toEqual(paused);
    await resume.click();
    await console.events().getByRole("button", { name: "Pause" }).waitFor();
    await expect.poll(() => console.eventItems().allTextContents()).not.toEqual(paused);
  });

  test("shows a rescue with its timeline in order", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    await console.openRescue();
    const times = await console.sheet().locator("ol time").evaluateAll((all) => all.map((time) => time.getAttribute("datetime") ?? ""));
    expect(times.length).toBeGreaterThan(0);
    expect(times).toEqual([...times].sort());
    await console.sheet().getByText("Checking card").first().waitFor();
    await console.sheet().getByRole("button", { name: "Close" }).click();
    await console.sheet().waitFor({ state: "hidden" });
  });

  test("can be used with the keyboard alone", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    await console.rows().first().waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.closest("section[aria-label='Rescues'] li") !== null);
    const open = async (): Promise<boolean> => {
      for (let presses = 0; presses < 12 && !(await focused()); presses += 1) await page.keyboard.press("Tab");
      if (!(await focused())) return false;
      await page.keyboard.press("Enter");
      const opened = () => new URL(page.url()).pathname.startsWith("/admin/rescues/");
      await expect.poll(async () => opened() || !(await focused())).toBe(true);
      return opened();
    };
    await expect.poll(open, { interval: 1 }).toBe(true); // a ride may end, and leave the list, between two keys
    await console.sheet().waitFor();
    await page.keyboard.press("Escape");
    await console.sheet().waitFor({ state: "hidden" });
  });

  test("has a light and a dark theme, and remembers the choice", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await console.button("Switch to the dark theme").click();
    await expect.poll(background).not.toBe(light);
    await console.waitForMovingTrucks(); // also after the map has changed its style
    const dark = await background();
    await page.reload();
    await console.waitUntilLive();
    await expect.poll(background).toBe(dark);
  });

  for (const [width, height] of [
    [1280, 800],
    [1024, 768],
    [390, 800],
  ] as const) {
    test(`fits a window ${width} pixels wide`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      const console = await new ConsolePage(page).enter();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await console.openRescue();
      const sheet = await console.sheet().boundingBox();
      expect((sheet?.x ?? -1) >= 0 && (sheet?.x ?? 0) + (sheet?.width ?? 0) <= width).toBe(true);
    });
  }
});
