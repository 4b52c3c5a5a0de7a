import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { applicant } from "./support/applicants.ts";
import { demoCityAvailable, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";

const DRIVER = { phone: "+14385550166", password: "a long enough password", name: "Dana Diaz", role: "driver" };

describe.skipIf(!demoCityAvailable)("drivers", () => {
  test("are found by plate, shown on a page of their own, and suspended with a reason", async ({ page }) => {
    const dana = await applicant(DRIVER, "DRV 166");
    await dana.approve();

    await new ConsolePage(page).enter();
    const dialog = page.getByRole("dialog");
    await page.getByRole("link", { name: "Drivers" }).click();
    await page.getByLabel("Show").selectOption("Approved");
    await expect.poll(() => new URL(page.url()).searchParams.get("show")).toBe("approved");
    await page.getByLabel("Phone, plate, name or id").fill("drv-166");
    await page.getByRole("button", { name: "Find" }).click();
    const found = page.getByRole("list", { name: "Drivers" }).getByRole("listitem");
    await found.filter({ hasText: DRIVER.name }).waitFor();
    await expect.poll(() => found.count()).toBe(1); // the list before had others too
    expect(new URL(page.url()).searchParams.get("q")).toBe("drv-166");
    expect(await seriousViolations(page)).toEqual([]);

    await found.getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: DRIVER.name }).waitFor();
    await page.getByRole("region", { name: "Vehicles" }).getByText("DRV 166").waitFor();
    await page.getByRole("region", { name: "What the driver entered" }).getByRole("cell", { name: "Desjardins" }).waitFor();
    await page.getByText("No rating yet.").waitFor();
    await page.getByText("No shift yet.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);

    await page.getByRole("button", { name: "Suspend…" }).click();
    await dialog.getByLabel("Reason").fill("A complaint is being looked into.");
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Suspend", exact: true }).click();
    await page.getByText("Dana Diaz is suspended.").waitFor();
    await page.getByText("A complaint is being looked into.").waitFor();
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "End the suspension…" }).click();
    await dialog.getByLabel("Reason").fill("The complaint was unfounded.");
    await dialog.getByRole("button", { name: "End the suspension" }).click();
    await page.getByText("The suspension of Dana Diaz has ended.").waitFor();
  });
});
