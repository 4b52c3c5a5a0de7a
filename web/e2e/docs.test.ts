import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";

const SCREENSHOTS = resolve(import.meta.dirname, "../../.data/screenshots");

async function openReference(page: Page, hash = ""): Promise<void> {
  await page.goto(`${getDemoCity().base}/docs${hash}`);
  await page.getByRole("heading", { name: /^SupportCarr/ }).waitFor();
  await page.locator("#operations-tag-rescues").waitFor({ state: hash ? "attached" : "visible" });
}

describe.skipIf(!demoCityAvailable)("the API reference", () => {
  for (const scheme of ["light", "dark"] as const) {
    test(`is shown in ${scheme}, from our own server alone`, async ({ page }) => {
      mkdirSync(SCREENSHOTS, { recursive: true });
      const origins = new Set<string>();
      page.on("request", (request) => origins.add(new URL(request.url()).origin));
      await page.emulateMedia({ colorScheme: scheme });
      await openReference(page);
      expect(await page.locator("html").evaluate((html) => html.classList.contains("dark-mode"))).toBe(scheme === "dark");
      expect(await seriousViolations(page)).toEqual([]);
      await page.screenshot({ path: join(SCREENSHOTS, `docs-${scheme}.png`) });
      expect([...origins]).toEqual([getDemoCity().base]);
    });
  }

  test("finds operations by words, and shows one with its parameters, its body and an example", async ({ page, pageLog }) => {
    await openReference(page);
    await page.getByPlaceholder("Filter by tag or path").fill("quotes");
    await page.locator("#operations-tag-auth").waitFor({ state: "detached" });
    const operation = page.locator(".opblock").filter({ hasText: "/quotes" }).first();
    if (!(await operation.isVisible())) await page.locator(".opblock-tag").first().click();
    await operation.locator(".opblock-summary-control").click();
    await operation.getByText("Request body").waitFor();
    await operation.getByText("Example Value").first().waitFor();
    await expect.poll(() => operation.innerText()).toContain('"pickup"');
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => page.locator("html").evaluate((html) => html.classList.contains("dark-mode"))).toBe(colorScheme === "dark");
      expect(await seriousViolations(page), colorScheme).toEqual([]);
    }
    await expect.poll(() => new URL(page.url()).hash).not.toBe(""); // the link to it
    const link = new URL(page.url()).hash;
    await page.goto("about:blank");
    await openReference(page, link);
    await page.getByText("Request body").first().waitFor();
    // The renderer tells its own users of a coming version about names with underscores.
    pageLog.errors = pageLog.errors.filter((error) => !error.startsWith("Deprecated: escaping deep link whitespace"));
  });
});
