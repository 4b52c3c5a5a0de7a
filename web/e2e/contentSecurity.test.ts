import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";

/** Collects what the content security policy blocks on a page, from its first line on. */
async function collectViolations(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const blocked: string[] = ((window as unknown as { blocked: string[] }).blocked = []);
    document.addEventListener("securitypolicyviolation", (event) => blocked.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
  return () => page.evaluate(() => (window as unknown as { blocked: string[] }).blocked);
}

describe.skipIf(!demoCityAvailable)("the content security policy", () => {
  test("blocks nothing that the console does, the map's worker included", async ({ page }) => {
    const violations = await collectViolations(page);
    const console = await new ConsolePage(page).enter();
    await console.openRescue();
    expect(page.workers().map((worker) => new URL(worker.url()).protocol)).not.toContain("blob:");
    expect(page.workers().length).toBeGreaterThan(0);
    expect(await violations()).toEqual([]);
  });

  for (const path of ["/docs", "/admin"]) {
    test(`blocks nothing on ${path}, and an inline script`, async ({ page, pageLog }) => {
      const violations = await collectViolations(page);
      await page.goto(`${getDemoCity().base}${path}`);
      await page.getByRole("heading").first().waitFor(); // drawn by its script
      expect(await violations()).toEqual([]);
      await page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
      });
      expect(await page.evaluate(() => (window as unknown as { ran?: boolean }).ran)).toBeUndefined();
      await expect.poll(violations).toEqual(["script-src-elem inline"]); // told in a later task
      pageLog.errors = pageLog.errors.filter((error) => !error.includes("inline script"));
    });
  }
});
