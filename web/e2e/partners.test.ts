import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";

/** The status that the API answers a key of a partner with. */
const useKey = async (key: string): Promise<number> => (await fetch(`${getDemoCity().base}/api/v1/partner/me`, { headers: { authorization: `Bearer ${key}` } })).status;

describe.skipIf(!demoCityAvailable)("partners", () => {
  test("get keys that are shown once, rotated with an overlap, and revoked", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    const dialog = page.getByRole("dialog");
    await page.getByRole("link", { name: "Partners" }).click();
    await console.button("New partner").first().click();
    await dialog.getByLabel("Name of the company").fill("Vélo Cité");
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "New partner" }).click();
    await console.confirmStepUp();
    await page.getByRole("heading", { name: "Vélo Cité" }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);

    // a key without a scope is refused at the field
    await console.button("New key").click();
    await dialog.getByLabel("See the partner's account").uncheck();
    await dialog.getByRole("button", { name: "Create key" }).click();
    await dialog.getByText("Choose at least one.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByLabel("See the partner's account").check();
    await dialog.getByRole("button", { name: "Create key" }).click();
    const first = (await page.getByTestId("api-key").textContent()) ?? "";
    expect(first).toMatch(/^sc_test_\w{50}$/);
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press("Escape"); // the key would be lost
    expect(await page.getByTestId("api-key").isVisible()).toBe(true);
    await console.takeKey();
    await expect.poll(() => page.getByText(first).count()).toBe(0);
    expect(await useKey(first)).toBe(200);

    // both keys work during the overlap
    const card = (key: string) => page.getByRole("listitem", { name: key.slice(0, 18) });
    await card(first).getByRole("button", { name: /^Rotate/ }).click();
    await dialog.getByLabel("The old key works for another").selectOption("1 hour");
    await dialog.getByRole("button", { name: "Rotate" }).click();
    const second = (await page.getByTestId("api-key").textContent()) ?? "";
    await console.takeKey();
    await card(first).getByText("Being replaced").waitFor();
    expect([await useKey(first), await useKey(second)]).toEqual([200, 200]);

    // a revoked key is refused within a second, the other still works
    await card(first).getByRole("button", { name: /^Revoke/ }).click();
    await dialog.getByRole("button", { name: "Revoke" }).click();
    await card(first).getByText("Revoked", { exact: true }).first().waitFor();
    await expect.poll(() => card(first).getByRole("button").count()).toBe(0);
    await expect.poll(() => useKey(first)).toBe(401);
    expect(await useKey(second)).toBe(200);
    expect(await seriousViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
});
