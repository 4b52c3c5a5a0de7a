import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { demoCityAvailable, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";

async function seriousViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

describe.skipIf(!demoCityAvailable)("accessibility", () => {
  for (const theme of ["light", "dark"] as const) {
    test(`the ${theme} sign-in form has no serious violations`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      const console = await new ConsolePage(page).visit();
      await console.phone().waitFor();
      expect(await seriousViolations(page)).toEqual([]);
    });

    test(`the ${theme} console with an open rescue has no serious violations`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      const console = await new ConsolePage(page).enter();
      await console.openRescue();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByRole("tab", { name: "Ended" }).click();
      expect(await seriousViolations(page)).toEqual([]);
    });
  }
});
