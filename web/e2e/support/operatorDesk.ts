import type { Browser } from "playwright-core";

import { ConsolePage } from "./consolePage.ts";

/** An operator approves an application in the console: each paper, then the driver. */
export async function approveInConsole(browser: Browser, name: string): Promise<void> {
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
