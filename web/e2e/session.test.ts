import { describe, expect } from "vitest";

import { cityUnderTest, test, there } from "./support/browser.ts";
import { ask } from "./support/city.ts";
import { ConsolePage } from "./support/console.ts";

const RIDER = { phone: "+14385550177", password: "a long enough password", name: "Not An Operator", role: "rider" };

describe.skipIf(!there)("signing in", () => {
  test("refuses a wrong password and says so", async ({ page }) => {
    const console = await new ConsolePage(page).visit();
    await console.signIn({ ...cityUnderTest().admin, password: "certainly not this" });
    expect(await page.getByRole("alert").textContent()).toMatch(/password/i);
    expect(await console.phone().isVisible()).toBe(true);
  });

  test("turns away a rider, who has no place here", async ({ page }) => {
    await ask(cityUnderTest().base, "/auth/sign-up", { body: RIDER });
    const console = await new ConsolePage(page).visit();
    await console.signIn(RIDER);
    expect(await page.getByRole("alert").textContent()).toMatch(/operators only/);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test("lets an operator in, who stays in after a reload and leaves for good", async ({ page }) => {
    const { admin, base } = cityUnderTest();
    const console = await new ConsolePage(page).visit();
    await console.signIn(admin);
    await console.live();
    await page.reload();
    await console.live();
    const token = await page.evaluate(() => (JSON.parse(sessionStorage.getItem("supportcarr.console.session") ?? "{}") as { access_token: string }).access_token);
    await console.button("Sign out").click();
    await console.phone().waitFor();
    await page.reload();
    await console.phone().waitFor();
    await expect.poll(() => ask(base, "/me", { token }).catch(String), { timeout: 10_000 }).toMatch(/401/);
  });

  test("goes on with another token when the first has ended, which is asked for once", async ({ page }) => {
    const { admin } = cityUnderTest();
    const console = await new ConsolePage(page).visit();
    await console.signIn(admin);
    await console.live();
    await page.evaluate(() => {
      const kept = JSON.parse(sessionStorage.getItem("supportcarr.console.session") ?? "{}") as object;
      sessionStorage.setItem("supportcarr.console.session", JSON.stringify({ ...kept, access_token: `e.${btoa('{"exp":1}')}.s` }));
    });
    let exchanges = 0;
    page.on("request", (request) => {
      if (request.url().endsWith("/auth/refresh")) exchanges += 1;
    });
    await page.reload();
    await console.live();
    expect(exchanges).toBe(1);
  });
});
