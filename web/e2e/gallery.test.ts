import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";

const SCREENSHOTS = resolve(import.meta.dirname, "../../.data/screenshots");
const SIZES = { phone: { width: 390, height: 844 }, narrow: { width: 320, height: 640 }, desk: { width: 1440, height: 900 } };

describe.skipIf(!demoCityAvailable)("the design system on one page", () => {
  for (const scheme of ["light", "dark"] as const) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      test(`is whole and accessible in ${scheme} at the size of a ${size}`, async ({ page }) => {
        mkdirSync(SCREENSHOTS, { recursive: true });
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await page.goto(`${getDemoCity().base}/gallery`);
        await page.getByRole("heading", { name: "Design system" }).waitFor();
        await page.evaluate(() => document.fonts.ready);
        expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe(scheme);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        expect(await seriousViolations(page)).toEqual([]);
        await page.screenshot({ path: join(SCREENSHOTS, `gallery-${size}-${scheme}.png`), fullPage: true });
        await page.getByRole("button", { name: "Ask before cancelling" }).click();
        await page.getByRole("alertdialog").waitFor();
        expect(await seriousViolations(page)).toEqual([]);
      });
    }
  }
});
