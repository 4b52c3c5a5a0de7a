import axe from "axe-core";
import type { Page } from "playwright-core";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * Everything that axe finds on the page, minor or not (WCAG 2.2 AA and best practice).  With `coloursOnly` only what
 * depends on the colours: enough for the second scheme of a screen.
 */
export async function axeFindings(page: Page, { coloursOnly = false } = {}): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(async (runOnly) => {
    const { axe: loaded } = window as unknown as { axe: typeof axe };
    const { violations } = await loaded.run(document, { runOnly, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(" ")}`);
  }, coloursOnly ? { type: "rule" as const, values: ["color-contrast", "link-in-text-block"] } : { type: "tag" as const, values: TAGS });
}
