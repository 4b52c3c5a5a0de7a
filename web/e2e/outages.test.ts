import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { findProcesses, killProcesses } from "./support/demoCity.ts";
import { ConsolePage } from "./support/consolePage.ts";

describe.skipIf(!demoCityAvailable)("the console survives", () => {
  test("the crash of every API process", async ({ page }) => {
    const city = getDemoCity();
    const console = await new ConsolePage(page).enter();
    const before = findProcesses(city, "api");
    killProcesses(city, "api");
    await expect.poll(() => findProcesses(city, "api").some((pid) => !before.includes(pid))).toBe(true);
    const overviewLoaded = () => page.waitForResponse((response) => response.url().includes("/admin/overview") && response.ok());
    await overviewLoaded();
    await console.waitForMovingTrucks();
    await console.openRescue();
    await expect.poll(() => page.getByRole("alert").count()).toBe(0);
  });

  test("the crash of every real-time process: it is offline, then live again and complete", async ({ page }) => {
    const city = getDemoCity();
    const console = await new ConsolePage(page).enter();
    const statuses = await console.noteStatuses(); // it is soon live again
    killProcesses(city, "realtime");
    await expect.poll(statuses).toContain("Offline");
    await expect.poll(async () => (await statuses()).join()).toMatch(/The data shown may be out of date/);
    await console.connection("Live").waitFor();
    await console.waitForNewEvent();
    await console.waitForMovingTrucks();
  });
});
