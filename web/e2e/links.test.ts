import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";

const RESCUE_PATH = /^\/admin\/rescues\/res_\w+$/;

describe.skipIf(!demoCityAvailable)("a link", () => {
  test("to a rescue works after a reload, in a second tab and with the back button", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    await console.openRescue();
    const url = page.url();
    expect(new URL(url).pathname).toMatch(RESCUE_PATH);
    const title = await console.sheetTitle();
    await expect.poll(() => page.title()).toBe(`${title ?? ""} · SupportCarr`);

    await page.reload();
    await console.waitUntilLive();
    await expect.poll(() => console.sheetTitle()).toBe(title);

    // A new tab has no session yet: after the sign-in it shows the rescue that was linked.
    const secondTab = new ConsolePage(await page.context().newPage());
    await secondTab.page.goto(url);
    await secondTab.signIn(getDemoCity().admin);
    await secondTab.waitUntilLive();
    await expect.poll(() => secondTab.sheetTitle()).toBe(title);
    expect(secondTab.page.url()).toBe(url);
    await secondTab.page.close();

    await page.goBack();
    await console.sheet().waitFor({ state: "hidden" });
    expect(new URL(page.url()).pathname).toBe("/admin");
    await page.goForward();
    await expect.poll(() => console.sheetTitle()).toBe(title);
    expect(page.url()).toBe(url);
  });

  test("to each rescue that was open is in the history", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    const links = console.eventItems().getByRole("link");
    const paths = async () => [...new Set(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? "")))];
    await expect.poll(async () => (await paths()).length).toBeGreaterThan(1);
    const open = async (path: string) => {
      await page.locator(`li a[href="${path}"]`).first().click();
      await expect.poll(() => new URL(page.url()).pathname).toBe(path);
      await console.sheet().waitFor();
    };
    const [first = "", second = ""] = await paths();
    await open(first);
    await console.sheet().getByRole("button", { name: "Close" }).click();
    await console.sheet().waitFor({ state: "hidden" });
    await open(second);
    await page.goBack();
    await console.sheet().waitFor({ state: "hidden" });
    await page.goBack();
    await console.sheet().waitFor();
    expect(new URL(page.url()).pathname).toBe(first);
  });

  test("keeps the selected tab", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    await page.getByRole("tab", { name: "Ended" }).click();
    await expect.poll(() => new URL(page.url()).search).toBe("?tab=ended");
    await page.reload();
    await console.waitUntilLive();
    await page.getByRole("tab", { name: "Ended", selected: true }).waitFor();
    await console.eventItems().getByRole("link").first().click();
    await console.sheet().waitFor();
    expect(page.url()).toMatch(/\/admin\/rescues\/res_\w+\?tab=ended$/);
  });

  test("to a rescue or page that does not exist says so", async ({ page }) => {
    const console = await new ConsolePage(page).enter("/admin/rescues/res_qc_00000000000000000000000000");
    await console.sheet().getByRole("alert").filter({ hasText: "This rescue does not exist." }).waitFor();
    await console.visit("/admin/no-such-page");
    await page.getByRole("heading", { name: "This page does not exist." }).waitFor();
    await console.button("Open the console").click();
    await console.waitUntilLive();
  });
});
