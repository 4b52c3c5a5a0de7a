import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { requestJson, signUp } from "./support/demoCity.ts";

const DRIVER = { phone: "+14385550166", password: "a long enough password", name: "Dana Diaz", role: "driver" };
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe.skipIf(!demoCityAvailable)("drivers", () => {
  test("are listed by state, approved, told what to correct, and suspended with a reason", async ({ page }) => {
    const { base } = getDemoCity();
    const token = await signUp(base, DRIVER);
    const state = async (insurer: string) => {
      const body = JSON.stringify({ licence_class: "5", licence_expires_on: inDays(900), insurer, insurance_expires_on: inDays(400) });
      const response = await fetch(`${base}/api/v1/me/driver-application`, { method: "PUT", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body });
      expect(response.ok).toBe(true);
    };
    await state("Desjardins");

    await new ConsolePage(page).enter();
    const dialog = page.getByRole("dialog");
    const card = page.getByRole("listitem", { name: DRIVER.name });
    await page.getByRole("link", { name: "Drivers" }).click();
    await page.getByLabel("Show").selectOption("Not approved yet");
    await card.getByRole("button", { name: new RegExp(DRIVER.name) }).click();
    await card.getByRole("cell", { name: "Desjardins" }).waitFor();
    expect(new URL(page.url()).searchParams.get("show")).toBe("pending");
    expect(await seriousViolations(page)).toEqual([]);
    await card.getByRole("button", { name: "Approve", exact: true }).click();
    await dialog.getByText("Still missing: Vehicle.").waitFor();
    await dialog.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByText("Dana Diaz is approved.").waitFor();
    await card.waitFor({ state: "detached" });

    // papers that change after the approval stand beside those that count
    await state("Intact");
    await page.getByLabel("Show").selectOption("Waiting for a decision");
    await card.getByRole("button", { name: new RegExp(DRIVER.name) }).click();
    await card.getByRole("row", { name: "Insurer Desjardins Intact" }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await card.getByRole("button", { name: "Send back…" }).click();
    await dialog.getByLabel("Insurer").check();
    await dialog.getByLabel("Reason").fill("Send the name as on the certificate.");
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Send back" }).click();
    await page.getByText("Dana Diaz has been told what to correct.").waitFor();
    await card.waitFor({ state: "detached" });
    const told = await requestJson<{ decision: { reason: string; fields: string[] } }>(base, "/me/driver-application", { token });
    expect(told.decision).toMatchObject({ reason: "Send the name as on the certificate.", fields: ["insurer"] });

    await page.getByLabel("Show").selectOption("Approved");
    await card.getByRole("button", { name: new RegExp(DRIVER.name) }).click();
    await card.getByRole("button", { name: "Suspend…" }).click();
    await dialog.getByLabel("Reason").fill("A complaint is being looked into.");
    await dialog.getByRole("button", { name: "Suspend", exact: true }).click();
    await page.getByText("Dana Diaz is suspended.").waitFor();
    await page.getByLabel("Show").selectOption("Suspended");
    await card.getByRole("button", { name: new RegExp(DRIVER.name) }).click();
    await card.getByText("A complaint is being looked into.").waitFor();
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
    await card.getByRole("button", { name: "End the suspension…" }).click();
    await dialog.getByLabel("Reason").fill("The complaint was unfounded.");
    await dialog.getByRole("button", { name: "End the suspension" }).click();
    await page.getByText("The suspension of Dana Diaz has ended.").waitFor();
  });
});
