import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, describe, expect } from "vitest";

import { axeFindings } from "./support/axe.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { findKeyboardFaults } from "./support/keyboard.ts";
import { findLayoutFaults } from "./support/layoutFaults.ts";
import { type Phone, phoneTest } from "./support/phone.ts";
import { CORNER, makeScreenPeople, PASSWORD, PHONES, type ScreenPeople } from "./support/screenPeople.ts";
import { type Screen, SCREENS, type Viewer } from "./support/screens.ts";

const SCREENSHOTS = resolve(import.meta.dirname, "../../.data/screenshots");
const PHONE = { width: 390, height: 844 };
const NARROW = { width: 320, height: 640 };
const ZOOMED = { width: 195, height: 422 }; // the phone at 200 %
const DESK = { width: 1440, height: 900 };
const ZOOMED_DESK = { width: 640, height: 400 }; // 1280 × 800 at 200 %

let making: Promise<ScreenPeople> | null = null;
/** Made once, by the first test that needs them. */
const getPeople = (): Promise<ScreenPeople> => (making ??= makeScreenPeople());

const isOpened = (screen: (typeof SCREENS.rider)[number]): screen is Screen => "viewer" in screen;
const screensOf = (app: keyof typeof SCREENS, viewer: Viewer): Screen[] => SCREENS[app].filter(isOpened).filter((screen) => screen.viewer === viewer);

/** Waits until a screen shows what it has loaded. */
async function shown(page: Page, heading: Screen["heading"]): Promise<void> {
  await page.getByRole("heading", { name: heading, exact: typeof heading === "string" }).first().waitFor();
  await page.locator(".animate-pulse, [aria-busy=true]").first().waitFor({ state: "detached" });
}

async function setScheme(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.locator(`html[data-theme=${colorScheme}]`).waitFor({ state: "attached" });
}

/** All that is wrong with a screen at its usual size, in both schemes, by keyboard, on a narrow phone and zoomed in. */
async function faultsOf(page: Page, name: string, sizes: { usual: typeof PHONE; others: (typeof PHONE)[]; touch: boolean }): Promise<string[]> {
  const faults: string[] = [];
  const add = (where: string, found: string[]) => faults.push(...found.map((fault) => `${name}, ${where}: ${fault}`));
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const scheme of ["dark", "light"] as const) {
    await setScheme(page, scheme);
    await page.screenshot({ path: join(SCREENSHOTS, `screen-${name.replace(/\W+/g, "-")}-${scheme}.png`) });
    add(scheme, await axeFindings(page, { coloursOnly: scheme === "dark" }));
  }
  add("by keyboard", await findKeyboardFaults(page));
  for (const size of [sizes.usual, ...sizes.others]) {
    await page.setViewportSize(size);
    // what is dragged or animated settles within a frame, because motion is reduced
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    add(`${size.width} × ${size.height}`, await findLayoutFaults(page, { touch: sizes.touch && size !== ZOOMED }));
  }
  await page.setViewportSize(sizes.usual);
  return faults;
}

/** Whether a screen reader learns of a change of screen: the focus is on something of it, or its title is announced. */
const isToldOf = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.activeElement !== document.body || [...document.querySelectorAll("[role=status]")].some(({ textContent }) => textContent === document.title));

/** Opens a page of an app that is open, as a link in it would; the focus and the title must follow. */
async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    (document.activeElement as HTMLElement | null)?.blur();
    history.pushState({}, "", to);
  }, path);
}

async function signIn(page: Page, app: "rider" | "driver", viewer: Exclude<Viewer, "nobody" | "operator">): Promise<void> {
  const base = `${getDemoCity().base}${app === "driver" ? "/driver" : ""}`;
  if (viewer === "newcomer") {
    // An account whose number is not confirmed is opened by who made it only.
    await page.goto(`${base}/sign-up`);
    await page.getByLabel("Your name", { exact: true }).fill("Nia New");
    await page.getByRole("checkbox").check();
  } else await page.goto(`${base}/sign-in`);
  await page.getByLabel(/^Phone/).fill(PHONES[viewer]);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: viewer === "newcomer" ? "Create account" : "Sign in" }).click();
  await page.waitForURL((url) => !/sign-(in|up)$/.test(url.pathname), { waitUntil: "commit" });
}

async function faultsOnPhone(open: () => Promise<Phone>, app: "rider" | "driver", viewer: Exclude<Viewer, "operator">): Promise<string[]> {
  const { belongings } = await getPeople();
  const { page, log } = await open();
  const base = `${getDemoCity().base}${app === "driver" ? "/driver" : ""}`;
  if (viewer !== "nobody") await signIn(page, app, viewer);
  const faults: string[] = [];
  for (const [number, screen] of screensOf(app, viewer).entries()) {
    const path = `${app === "driver" ? "/driver" : ""}${screen.path?.(belongings) ?? screen.route}`;
    if (screen.draft) await page.evaluate((draft) => sessionStorage.setItem("supportcarr.rider.request", JSON.stringify({ state: { draft, cardId: null, attempt: null }, version: 0 })), screen.draft);
    if (number === 0 || screen.draft) await page.goto(new URL(path, base).href);
    else await follow(page, path);
    const name = `${app} ${screen.path?.({ liveRescueId: "", endedRescueId: "", driverId: "", vehicleId: "", shareToken: "" }) ?? screen.route} ${screen.name ?? ""}`.trim();
    try {
      await shown(page, screen.heading);
    } catch {
      faults.push(`${name}: it does not show ${String(screen.heading)}, but "${await page.locator("h1, h2").first().textContent({ timeout: 1_000 }).catch(() => "")}"; ${log.errors.join("; ")}`);
      continue;
    }
    const told = number === 0 || screen.draft !== undefined || (await expect.poll(() => isToldOf(page), { timeout: 15_000 }).toBe(true).then(() => true, () => false));
    if (!told) faults.push(`${name}: neither the focus nor an announcement tells of the change of screen`);
    if (!/\S · SupportCarr$/.test(await page.title())) faults.push(`${name}: the title is "${await page.title()}"`);
    faults.push(...(await faultsOf(page, name, { usual: PHONE, others: [NARROW, ZOOMED], touch: true })));
  }
  return faults;
}

describe.skipIf(!demoCityAvailable)("every screen can be used by everybody:", () => {
  afterAll(async () => (await making)?.stop());

  for (const [app, viewers] of [
    ["rider", ["nobody", "newcomer", "rider"]],
    ["driver", ["nobody", "applicant", "driver"]],
  ] as const) {
    phoneTest(`the ${app}'s app`, { timeout: 400_000 }, async ({ openPhone }) => {
      const faults = await Promise.all(viewers.map((viewer) => faultsOnPhone(() => openPhone({ at: CORNER }), app, viewer)));
      expect(faults.flat()).toEqual([]);
    });
  }

  phoneTest("the shared page", async ({ openPhone }) => {
    const { belongings } = await getPeople();
    const { page } = await openPhone();
    const faults: string[] = [];
    for (const [name, token] of [["track", belongings.shareToken], ["track ended", "none"]] as const) {
      await page.goto(`${getDemoCity().base}/track#${token}`);
      if (name !== "track") await page.reload(); // another token is another page
      await shown(page, name === "track" ? /Denis/ : /link/i);
      faults.push(...(await faultsOf(page, name, { usual: PHONE, others: [NARROW, ZOOMED], touch: true })));
    }
    expect(faults).toEqual([]);
  });

  test("the console", { timeout: 400_000 }, async ({ page }) => {
    const { belongings } = await getPeople();
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setViewportSize(DESK);
    await new ConsolePage(page).enter();
    const faults: string[] = [];
    for (const screen of screensOf("admin", "operator")) {
      const path = screen.path?.(belongings) ?? screen.route;
      await follow(page, `/admin${path === "/" ? "" : path}`);
      await shown(page, screen.heading);
      const name = `console ${screen.route}`;
      faults.push(...(await faultsOf(page, name, { usual: DESK, others: [ZOOMED_DESK, NARROW], touch: false })));
    }
    expect(faults).toEqual([]);
  });

  test("the console's sign-in", async ({ page }) => {
    const console = await new ConsolePage(page).visit();
    await console.phone().waitFor();
    expect(await faultsOf(page, "console sign-in", { usual: DESK, others: [ZOOMED_DESK, NARROW], touch: false })).toEqual([]);
  });
});
