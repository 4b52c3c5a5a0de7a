import { describe, expect } from "vitest";

import { cityUnderTest, test, there } from "./support/browser.ts";
import { killAll, processes } from "./support/city.ts";
import { ConsolePage } from "./support/console.ts";

describe.skipIf(!there)("the console survives", () => {
  test("kill -9 of every API process", async ({ page }) => {
    const city = cityUnderTest();
    const console = await new ConsolePage(page).enter();
    const before = processes(city, "api");
    killAll(city, "api");
    await expect.poll(() => processes(city, "api").some((pid) => !before.includes(pid)), { timeout: 20_000 }).toBe(true);
    const read = () => page.waitForResponse((response) => response.url().includes("/admin/overview") && response.ok(), { timeout: 30_000 });
    await read();
    await console.trucksMove();
    await console.openRescue();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("kill -9 of every real-time process: offline, then live, and nothing is missed", async ({ page }) => {
    const city = cityUnderTest();
    const console = await new ConsolePage(page).enter();
    const offline = console.connection("Offline").waitFor();
    killAll(city, "realtime");
    await offline;
    await page.getByText(/What you see may be old/).waitFor();
    await console.connection("Live").waitFor({ timeout: 30_000 });
    await console.newEvent();
    await console.trucksMove();
  });
});
