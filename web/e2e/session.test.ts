import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { requestJson, signUp } from "./support/demoCity.ts";
import { ConsolePage } from "./support/consolePage.ts";

const RIDER = { phone: "+14385550177", password: "a long enough password", name: "Not An Operator", role: "rider" };

describe.skipIf(!demoCityAvailable)("signing in", () => {
  test("asks nothing of the platform where nobody was signed in", async ({ page, pageLog }) => {
    const console = await new ConsolePage(page).visit();
    await console.phone().waitFor();
    expect(pageLog.refused.filter((request) => request.includes("/api/"))).toEqual([]);
  });

  test("rejects a wrong password with a message", async ({ page }) => {
    const console = await new ConsolePage(page).visit();
    await console.signIn({ ...getDemoCity().admin, password: "certainly not this" });
    expect(await page.getByRole("alert").textContent()).toMatch(/password/i);
    await console.phone().waitFor();
  });

  test("rejects a rider", async ({ page }) => {
    await signUp(getDemoCity().base, RIDER);
    const console = await new ConsolePage(page).visit();
    await console.signIn(RIDER);
    expect(await page.getByRole("alert").textContent()).toMatch(/operators only/);
    expect(await page.context().cookies()).toEqual([]);
  });

  test("admits an operator, survives a reload, and ends with the sign-out", async ({ page }) => {
    const { admin, base } = getDemoCity();
    const console = await new ConsolePage(page).visit();
    await console.signIn(admin);
    await console.waitUntilLive();
    await page.reload();
    await console.waitUntilLive();
    const cookies = await page.context().cookies();
    const strict = { secure: true, sameSite: "Strict" };
    expect(cookies.find(({ httpOnly }) => httpOnly)).toMatchObject({ name: "__Host-supportcarr-admin", ...strict });
    expect(cookies.find(({ httpOnly }) => !httpOnly)).toMatchObject({ name: "__Host-supportcarr-admin-signed-in", value: "1", ...strict });
    expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]) + document.cookie)).not.toMatch(/ses_|eyJ/);
    const request = page.waitForRequest((sent) => sent.url().includes("/admin/overview"));
    const token = ((await (await request).headerValue("authorization")) ?? "").replace("Bearer ", "");
    await console.button("Sign out").click();
    await console.phone().waitFor();
    await page.reload();
    await console.phone().waitFor();
    await expect.poll(() => page.context().cookies()).toEqual([]); // the form does not wait for the server
    await expect.poll(() => requestJson(base, "/me", { token }).catch(String)).toMatch(/401/);
  });

  test("refreshes once for several tabs, and opens a new tab without asking", async ({ page }) => {
    const console = await new ConsolePage(page).visit();
    await console.signIn(getDemoCity().admin);
    await console.waitUntilLive();
    let refreshes = 0;
    page.context().on("request", (request) => {
      if (request.url().endsWith("/auth/refresh")) refreshes += 1;
    });
    const second = new ConsolePage(await page.context().newPage());
    await second.visit();
    await second.waitUntilLive();
    expect(refreshes).toBe(1);
    // Both tabs are told that their tokens have expired, at the same moment.
    const refused = new Set<string>();
    await page.context().route("**/api/v1/admin/**", async (route) => {
      const token = (await route.request().headerValue("authorization")) ?? "";
      if (refused.size === 0) refused.add(token);
      if (!refused.has(token)) return route.continue();
      return route.fulfill({ status: 401, contentType: "application/problem+json", body: JSON.stringify({ code: "unauthenticated", detail: "expired" }) });
    });
    await expect.poll(() => refreshes).toBe(2);
    await Promise.all([console.waitForNewEvent(), second.waitForNewEvent()]);
    expect(refreshes).toBe(2);
    await second.button("Sign out").click();
    await console.phone().waitFor(); // the other tab is signed out too
  });

  test("of one app leaves the others signed in", async ({ page }) => {
    const { admin, base } = getDemoCity();
    const console = await new ConsolePage(page).visit();
    await console.signIn(admin);
    await console.waitUntilLive();
    const rider = { ...RIDER, phone: "+14385550178" };
    await signUp(base, rider);
    const driver = { ...RIDER, phone: "+14385550179", role: "driver" };
    await signUp(base, driver);
    const post = (app: string, path: string, body: object | null, token = "") =>
      page.evaluate(
        async ([name, url, content, bearer]) => {
          const headers: Record<string, string> = { "X-Supportcarr-App": name };
          if (content !== null) headers["Content-Type"] = "application/json";
          if (bearer) headers.Authorization = `Bearer ${bearer}`;
          const response = await fetch(`/api/v1${url}`, { method: "POST", headers, body: content });
          return { status: response.status, body: (response.status === 200 ? await response.json() : {}) as { access_token?: string; user?: { phone: string } } };
        },
        [app, path, body && JSON.stringify(body), token] as const,
      );
    for (const [app, { phone, password }] of [["rider", rider], ["driver", driver]] as const) {
      expect((await post(app, "/auth/sign-in", { phone, password })).status).toBe(200);
    }
    expect((await page.context().cookies()).filter(({ httpOnly }) => httpOnly).map(({ name }) => name).sort()).toEqual(["admin", "driver", "rider"].map((app) => `__Host-supportcarr-${app}`));
    const signedIn = await post("rider", "/auth/refresh", {});
    expect(signedIn.body.user?.phone).toBe(rider.phone);
    expect((await post("driver", "/auth/refresh", {})).body.user?.phone).toBe(driver.phone);
    expect((await post("rider", "/auth/sign-out", null, signedIn.body.access_token)).status).toBe(204);
    expect((await post("rider", "/auth/refresh", {})).status).toBe(401);
    expect((await post("driver", "/auth/refresh", {})).status).toBe(200);
    await page.reload();
    await console.waitUntilLive();
  });
});
