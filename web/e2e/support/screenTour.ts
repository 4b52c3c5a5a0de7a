import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { type Language, LANGUAGES } from "@supportcarr/i18n/languages";
import type { Page } from "playwright-core";
import { expect } from "vitest";

import { axeFindings } from "./axe.ts";
import { getDemoCity } from "./browser.ts";
import { findKeyboardFaults } from "./keyboard.ts";
import { findLayoutFaults } from "./layoutFaults.ts";
import type { Phone } from "./phone.ts";
import { PASSWORD, PHONES, type ScreenPeople } from "./screenPeople.ts";
import { type Screen, SCREENS, type Viewer } from "./screens.ts";
import { showIn } from "./showIn.ts";

const SCREENSHOTS = resolve(import.meta.dirname, "../../../.data/screenshots");
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 320, height: 640 };
export const ZOOMED = { width: 195, height: 422 }; // the phone at 200 %
export const DESK = { width: 1440, height: 900 };
export const ZOOMED_DESK = { width: 640, height: 400 }; // 1280 × 800 at 200 %

/** How closely a tour looks: `all` in the English of the phone, or `languages`: the others, without axe and the keyboard. */
export type Tour = "all" | "languages";

const isOpened = (screen: (typeof SCREENS.rider)[number]): screen is Screen => "viewer" in screen;
export const screensOf = (app: keyof typeof SCREENS, viewer: Viewer): Screen[] => SCREENS[app].filter(isOpened).filter((screen) => screen.viewer === viewer);

/** Waits until a screen shows what it has loaded. */
export async function shown(page: Page, heading: Screen["heading"]): Promise<void> {
  await page.getByRole("heading", { name: heading, exact: typeof heading === "string" }).first().waitFor();
  await page.locator(".animate-pulse, [aria-busy=true]").first().waitFor({ state: "detached" });
}

async function setScheme(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.locator(`html[data-theme=${colorScheme}]`).waitFor({ state: "attached" });
}

/** Undoes the scrolling of a check before. */
const scrollUp = (page: Page): Promise<void> =>
  page.evaluate(() => {
    scrollTo(0, 0);
    for (const element of document.querySelectorAll("*")) if (element.scrollTop > 0) element.scrollTop = 0;
  });

interface Sizes {
  usual: typeof PHONE;
  others: (typeof PHONE)[];
  touch: boolean;
}

async function layoutFaultsOf(page: Page, { usual, others, touch }: Sizes, add: (where: string, found: string[]) => void): Promise<void> {
  for (const size of [usual, ...others]) {
    await page.setViewportSize(size);
    // what is dragged or animated settles within a frame, because motion is reduced
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    add(`${size.width} × ${size.height}`, await findLayoutFaults(page, { touch: touch && size !== ZOOMED }));
  }
  await page.setViewportSize(usual);
}

/** What is wrong with a screen in each other language: the layout; pictures of both schemes are kept. */
async function faultsInLanguages(page: Page, name: string, sizes: Sizes): Promise<string[]> {
  const faults: string[] = [];
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    if (language === "en") continue;
    await showIn(page, language);
    await scrollUp(page);
    for (const scheme of ["dark", "light"] as const) {
      await setScheme(page, scheme);
      await keepPicture(page, `${name} ${language} ${scheme}`);
    }
    await layoutFaultsOf(page, sizes, (where, found) => faults.push(...found.map((fault) => `${name} in ${language}, ${where}: ${fault}`)));
  }
  await showIn(page, "en");
  return faults;
}

/** Keeps a picture of what is shown in `.data/screenshots`. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `screen-${name.replace(/\W+/g, "-")}.png`) });
}

/** All that is wrong with a screen: in both schemes, by keyboard, on a narrow phone and zoomed in; or in other languages. */
export async function faultsOf(page: Page, name: string, sizes: Sizes, tour: Tour = "all"): Promise<string[]> {
  if (tour === "languages") return faultsInLanguages(page, name, sizes);
  const faults: string[] = [];
  const add = (where: string, found: string[]) => faults.push(...found.map((fault) => `${name}, ${where}: ${fault}`));
  for (const scheme of ["dark", "light"] as const) {
    await setScheme(page, scheme);
    await keepPicture(page, `${name} ${scheme}`);
    add(scheme, await axeFindings(page, { coloursOnly: scheme === "dark" }));
  }
  add("by keyboard", await findKeyboardFaults(page));
  await layoutFaultsOf(page, sizes, add);
  return faults;
}

/** Whether a screen reader learns of a change of screen: the focus is on something of it, or its title is announced. */
const isToldOf = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.activeElement !== document.body || [...document.querySelectorAll("[role=status]")].some(({ textContent }) => textContent === document.title));

/** Opens a page of an app that is open, as a link in it would; the focus and the title must follow. */
export async function follow(page: Page, path: string): Promise<void> {
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

/** What is wrong with the screens of an app that this viewer sees. */
export async function faultsOnPhone(open: () => Promise<Phone>, people: ScreenPeople, app: "rider" | "driver", viewer: Exclude<Viewer, "operator">, tour: Tour = "all"): Promise<string[]> {
  const { belongings } = people;
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
    const told = number === 0 || screen.draft !== undefined || (await expect.poll(() => isToldOf(page)).toBe(true).then(() => true, () => false));
    if (!told) faults.push(`${name}: neither the focus nor an announcement tells of the change of screen`);
    const titled = await expect.poll(() => page.title()).toMatch(/\S · SupportCarr$/).then(() => true, () => false);
    if (!titled) faults.push(`${name}: the title is "${await page.title()}"`);
    faults.push(...(await faultsOf(page, name, { usual: PHONE, others: [NARROW, ZOOMED], touch: true }, tour)));
  }
  return faults;
}

