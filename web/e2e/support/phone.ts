import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Browser, BrowserContext, Page } from "playwright-core";
import { browserTest, checkPageLog, getDemoCity, type PageLog, recordPage, reportFailure } from "./browser.ts";

const SCREENSHOTS = resolve(import.meta.dirname, "../../../.data/screenshots");
const SIZE = { width: 390, height: 844 };
const LOCALES = { en: "en-CA", es: "es-MX", fr: "fr-CA" };

/** Downtown Montréal, in the area of the demo city. */
export const DOWNTOWN = { latitude: 45.5031, longitude: -73.5698, accuracy: 12 };

const LOCATED_MS = 2_000;

export interface PhoneOptions {
  language?: keyof typeof LOCALES;
  colorScheme?: "light" | "dark";
  /** Where the phone is; `null`: its owner does not let pages know. */
  at?: typeof DOWNTOWN | null;
  notifications?: boolean;
  /** Whether pages may keep the screen on; the browser of a real phone lets them. */
  screenLock?: boolean;
  size?: { width: number; height: number };
  userAgent?: string;
  /** Whether pictures of its screens are kept, and looked at by axe. */
  looked?: boolean;
  /** Whether errors on its pages fail the test; a test that provokes some reads `log` itself. */
  checked?: boolean;
}

/** A phone with one browser profile: cookies, storage and service workers of its own. */
export class Phone {
  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly log: PageLog,
    readonly checked: boolean,
    readonly looked: boolean,
    private at: typeof DOWNTOWN | null,
  ) {}

  static async open(browser: Browser, options: PhoneOptions = {}): Promise<Phone> {
    const { language = "en", colorScheme = "light", at = DOWNTOWN, notifications = false, screenLock = false, size = SIZE, checked = true, looked = true, userAgent } = options;
    const permissions = [...(at ? ["geolocation"] : []), ...(notifications ? ["notifications"] : []), ...(screenLock ? ["screen-wake-lock"] : [])];
    const context = await browser.newContext({
      viewport: size,
      screen: size,
      hasTouch: true,
      isMobile: true,
      deviceScaleFactor: 2,
      colorScheme,
      locale: LOCALES[language],
      timezoneId: "America/Toronto",
      reducedMotion: "reduce",
      permissions,
      ...(userAgent ? { userAgent } : {}),
      ...(at ? { geolocation: at } : {}),
    });
    const page = await context.newPage();
    return new Phone(context, page, recordPage(page), checked, looked, at);
  }

  /** Opens a path of the demo city, for example `/driver/`. */
  async visit(path = "/"): Promise<this> {
    await this.page.goto(`${getDemoCity().base}${path}`);
    return this;
  }

  /** Cuts the connection; open sockets end too. */
  async goOffline(): Promise<void> {
    await this.context.setOffline(true);
  }

  async goOnline(): Promise<void> {
    await this.context.setOffline(false);
  }

  async moveTo(latitude: number, longitude: number): Promise<void> {
    this.at = { latitude, longitude, accuracy: 12 };
    await this.context.setGeolocation(this.at);
  }

  /** Goes on saying where it is, as a real phone does that lies still: what a browser was told once grows old. */
  keepLocated(): void {
    const timer = setInterval(() => {
      if (this.at) this.context.setGeolocation(this.at).catch(() => clearInterval(timer)); // until it is closed
    }, LOCATED_MS);
  }

  /** Keeps what the screen shows in `.data/screenshots`. */
  async screenshot(name: string): Promise<void> {
    if (!this.looked) return;
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }
}

/**
 * `phone` is a phone in English and light colours; `openPhone` opens others.  At the end no page may have connected
 * to another machine or logged an error; if the test has failed, what each phone showed is kept.
 */
export const phoneTest = browserTest.extend<{ openPhone: (options?: PhoneOptions) => Promise<Phone>; phone: Phone }>({
  openPhone: async ({ browser, task, onTestFailed }, provide) => {
    const phones: Phone[] = [];
    const closeAll = () => Promise.all(phones.map(({ context }) => context.close()));
    onTestFailed(async () => {
      for (const [number, { page, log }] of phones.entries()) await reportFailure(`${task.name} ${number + 1}`, page, log);
      await closeAll();
    });
    await provide(async (options) => {
      const phone = await Phone.open(browser, options);
      phones.push(phone);
      return phone;
    });
    if (task.result?.state === "fail") return;
    await closeAll();
    phones.filter(({ checked }) => checked).forEach(({ log }) => checkPageLog(log));
  },
  phone: async ({ openPhone }, provide) => {
    await provide(await openPhone());
  },
});
