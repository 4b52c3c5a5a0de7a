import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { test, there } from "./support/browser.ts";
import { ConsolePage } from "./support/console.ts";

async function grave(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

describe.skipIf(!there)("nothing keeps people out", () => {
  for (const theme of ["light", "dark"] as const) {
    test(`of the ${theme} sign-in`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      const console = await new ConsolePage(page).visit();
      await console.phone().waitFor();
      expect(await grave(page)).toEqual([]);
    });

    test(`of the ${theme} console, with a rescue open`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      const console = await new ConsolePage(page).enter();
      await console.openRescue();
      expect(await grave(page)).toEqual([]);
      await page.getByRole("tab", { name: "Ended" }).click();
      expect(await grave(page)).toEqual([]);
    });
  }
});
