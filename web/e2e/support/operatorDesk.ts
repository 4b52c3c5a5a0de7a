import type { Browser } from "playwright-core";
import { expect } from "vitest";

import type { Person } from "./appPage.ts";
import { getDemoCity } from "./browser.ts";
import { ConsolePage } from "./consolePage.ts";
import { requestJson } from "./demoCity.ts";
import { findDriver } from "./driverPhone.ts";

/** An operator approves an application in the console, once the checks by others are clear: each paper, then the driver. */
export async function approveInConsole(browser: Browser, { name, phone }: Person): Promise<void> {
  await expect.poll(() => outcomesOf(phone)).toEqual(["clear", "clear"]); // an open application stays as it was opened
  const context = await browser.newContext({ viewport: { width: 1440, height: 860 } });
  const page = await context.newPage();
  const console = new ConsolePage(page);
  await console.signInBefore();
  await console.visit("/admin/applications");
  await page.getByRole("navigation", { name: "Waiting" }).getByRole("button", { name }).click();
  await page.getByRole("article", { name: `Application of ${name}` }).waitFor();
  await page.getByRole("list", { name: "Steps of the review" }).getByRole("button", { name: "Licence", exact: true }).click();
  await page.getByRole("img", { name: `Licence of ${name}` }).waitFor();
  await page.keyboard.press("a");
  await page.getByRole("status").filter({ hasText: "Licence approved." }).waitFor();
  await page.keyboard.press("a");
  await page.getByRole("status").filter({ hasText: `${name} is approved.` }).waitFor();
  await context.close();
}

async function outcomesOf(phone: string): Promise<string[]> {
  const { base, tokens } = getDemoCity();
  const { checks = [] } = await requestJson<{ checks?: { outcome: string }[] }>(base, `/admin/drivers/${await findDriver(phone)}`, { token: tokens.access_token });
  return checks.map(({ outcome }) => outcome);
}
