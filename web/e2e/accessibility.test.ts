import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";

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
