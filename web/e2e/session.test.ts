import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { requestJson } from "./support/demoCity.ts";
import { ConsolePage } from "./support/consolePage.ts";

const RIDER = { phone: "+14385550177", password: "a long enough password", name: "Not An Operator", role: "rider" };

describe.skipIf(!demoCityAvailable)("signing in", () => {
  test("rejects a wrong password with a message", async ({ page }) => {
    const console = await new ConsolePage(page).visit();
    await console.signIn({ ...getDemoCity().admin, password: "certainly not this" });
    expect(await page.getByRole("alert").textContent()).toMatch(/password/i);
    expect(await console.phone().isVisible()).toBe(true);
  });

  test("rejects a rider", async ({ page }) => {
    await requestJson(getDemoCity().base, "/auth/sign-up", { body: RIDER });
    const console = await new ConsolePage(page).visit();
    await console.signIn(RIDER);
    expect(await page.getByRole("alert").textContent()).toMatch(/operators only/);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test("admits an operator, survives a reload, and ends with the sign-out", async ({ page }) => {
    const { admin, base } = getDemoCity();
    const console = await new ConsolePage(page).visit();
    await console.signIn(admin);
    await console.waitUntilLive();
    await page.reload();
    await console.waitUntilLive();
    const token = await page.evaluate(() => (JSON.parse(sessionStorage.getItem("supportcarr.console.session") ?? "{}") as { access_token: string }).access_token);
    await console.button("Sign out").click();
    await console.phone().waitFor();
    await page.reload();
    await console.phone().waitFor();
    await expect.poll(() => requestJson(base, "/me", { token }).catch(String), { timeout: 10_000 }).toMatch(/401/);
  });

  test("refreshes an expired token once", async ({ page }) => {
    const { admin } = getDemoCity();
    const console = await new ConsolePage(page).visit();
    await console.signIn(admin);
    await console.waitUntilLive();
    await page.evaluate(() => {
      const stored = JSON.parse(sessionStorage.getItem("supportcarr.console.session") ?? "{}") as object;
      sessionStorage.setItem("supportcarr.console.session", JSON.stringify({ ...stored, access_token: `e.${btoa('{"exp":1}')}.s` }));
    });
    let refreshes = 0;
    page.on("request", (request) => {
      if (request.url().endsWith("/auth/refresh")) refreshes += 1;
    });
    await page.reload();
    await console.waitUntilLive();
    expect(refreshes).toBe(1);
  });
});
