import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { axeFindings } from "./support/axe.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { requestJson } from "./support/demoCity.ts";
import { DESK, follow, keepPicture } from "./support/screenTour.ts";

const SAYS = /^SupportCarr cannot be reached\./;
/** Pages without a map, and whether the operator has seen them before the outage. */
const PAGES = [
  ["drivers", true],
  ["ratings", true],
  ["audit-log", false],
  ["users", false],
  ["partners", false],
  ["applications", false],
  ["account", false],
] as const;

const API = "**/api/v1/**";

/** No request of the API is answered until the returned function is called. */
async function cutApi(page: Page): Promise<() => Promise<void>> {
  await page.route(API, (route) => route.abort("connectionrefused"));
  return () => page.unroute(API);
}

const rests = (page: Page) => page.locator(".animate-pulse, [aria-busy=true]").or(page.getByText("Loading…", { exact: true })).first().waitFor({ state: "detached" });

describe.skipIf(!demoCityAvailable)("the console, while the API does not answer", () => {
  test("says so on every page, keeps what it shows, and is complete again by itself", { timeout: 900_000 }, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setViewportSize(DESK);
    const console = await new ConsolePage(page).enter();
    await expect.poll(() => console.rows().count()).toBeGreaterThan(0);
    const { base, tokens } = getDemoCity();
    const { items } = await requestJson<{ items: { id?: string; driver_id?: string }[] }>(base, "/admin/drivers", { token: tokens.access_token });
    const driver = items[0]?.driver_id ?? items[0]?.id ?? "";
    for (const [path, seen] of PAGES) {
      if (!seen) continue;
      await follow(page, `/admin/${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await rests(page);
    }
    await follow(page, "/admin");
    await console.waitUntilLive();

    const answer = await cutApi(page);
    const notice = page.getByRole("status").filter({ hasText: SAYS });
    await notice.waitFor();
    expect(await console.rows().count()).toBeGreaterThan(0); // the last state
    await look(page, "city");
    await console.rows().last().click();
    await console.sheet().getByRole("button", { name: "Try again" }).waitFor();
    await look(page, "rescue");
    await page.keyboard.press("Escape");
    await page.getByRole("tab", { name: "Ended" }).click();
    await page.getByRole("tabpanel").getByRole("button", { name: "Try again" }).waitFor();
    await look(page, "ended");
    for (const [path, seen] of [...PAGES, [`drivers/${driver}`, false] as const]) {
      await follow(page, `/admin/${path}`);
      await notice.waitFor();
      if (!seen) await page.getByRole("main").getByRole("button", { name: "Try again" }).first().waitFor();
      await rests(page);
      await look(page, path.split("/").length > 1 ? "driver" : path);
    }
    await answer();
    await notice.waitFor({ state: "detached" });
    await page.getByRole("main").getByRole("button", { name: "Try again" }).first().waitFor({ state: "detached" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    await rests(page);
    await look(page, "back");
  });

  test("says so instead of the page that was asked for, and opens it then", async ({ page }) => {
    await page.setViewportSize(DESK);
    const console = new ConsolePage(page);
    await console.signInBefore();
    await page.unroute("**/api/v1/auth/refresh");
    const answer = await cutApi(page);
    await console.visit("/admin/drivers");
    await page.getByRole("alert").getByText("We keep trying; nothing has to be done.").waitFor();
    await look(page, "opened");
    await console.signInBefore();
    await answer();
    await page.getByRole("heading", { name: "Drivers" }).waitFor();
  });

  test("says so to who signs in", async ({ page }) => {
    await page.setViewportSize(DESK);
    const console = await new ConsolePage(page).visit();
    const answer = await cutApi(page);
    await console.phone().fill("+14385550100");
    await page.getByLabel("Password", { exact: true }).fill("a long enough password");
    await console.button("Sign in").click();
    await page.getByRole("alert").waitFor();
    await look(page, "sign-in");
    await answer();
  });
});

async function look(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`html[data-theme=${colorScheme}]`).waitFor({ state: "attached" });
    await keepPicture(page, `console down ${name} ${colorScheme}`);
  }
  expect(await axeFindings(page)).toEqual([]);
}
