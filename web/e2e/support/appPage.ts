import type { Buffer } from "node:buffer";

import { type Language, LANGUAGES } from "@supportcarr/i18n/languages";
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

import { seriousViolations } from "./accessibility.ts";
import { getDemoCity } from "./browser.ts";
import { receivedCode } from "./demoCity.ts";
import type { Phone } from "./phone.ts";
import { showIn } from "./showIn.ts";
import { uiTexts } from "./texts.ts";

export interface Person {
  name: string;
  phone: string;
  password: string;
}

type Name = string | RegExp;

/** How closely a screen is looked at: pictures, or also by axe. */
export type Look = "picture" | "axe";

/** What the pages of both apps have in common, in the language of the phone. */
export class AppPage {
  readonly page: Page;
  readonly ui: (typeof uiTexts)["en"];

  constructor(
    readonly phone: Phone,
    readonly app: "rider" | "driver",
    readonly language: Language,
  ) {
    this.page = phone.page;
    this.ui = uiTexts[language];
  }

  readonly button = (name: Name): Locator => this.page.getByRole("button", { name, exact: typeof name === "string" });
  readonly link = (name: Name): Locator => this.page.getByRole("link", { name });
  readonly heading = (name: Name): Locator => this.page.getByRole("heading", { name, exact: typeof name === "string" });
  readonly field = (label: string): Locator => this.page.getByLabel(label, { exact: true });
  readonly text = (text: Name): Locator => this.page.getByText(text, { exact: typeof text === "string" });
  readonly dialog = (): Locator => this.page.getByRole("dialog");

  /** Fills in the code that was sent by text message. */
  async enterCode({ phone }: Person): Promise<void> {
    await this.field(this.ui.fields.code).fill(await receivedCode(getDemoCity().base, phone));
    await this.button(this.ui.verification.submit).click();
  }

  async signIn({ phone, password }: Person): Promise<void> {
    await this.phone.visit(this.app === "rider" ? "/sign-in" : "/driver/sign-in");
    await this.field(this.ui.fields.phone).fill(phone);
    await this.field(this.ui.fields.password).fill(password);
    await this.button(this.ui.signIn.submit).click();
  }

  /** A deliberate gesture: drags the knob of a sliding button to its end. */
  async slide(name: Name): Promise<void> {
    const track = this.button(name).and(this.page.locator("[aria-disabled=false]")); // not while the step before is sent
    let end = { x: 0, y: 0 };
    /** Whether the finger is on the knob: what comes above it may move it away at that moment. */
    const touch = async (): Promise<boolean> => {
      const handle = await track.elementHandle();
      await handle.evaluate((element: HTMLElement) => element.addEventListener("pointerdown", () => (element.dataset.touched = "yes"), { once: true }));
      await track.scrollIntoViewIfNeeded();
      const box = await handle.boundingBox();
      if (!box) return false;
      end = { x: box.x + box.width - 4, y: box.y + box.height / 2 };
      await this.page.mouse.move(box.x + 30, end.y);
      await this.page.mouse.down();
      const touched = await handle.evaluate((element: HTMLElement) => element.dataset.touched === "yes");
      if (!touched) await this.page.mouse.up();
      return touched;
    };
    await expect.poll(touch).toBe(true);
    await this.page.mouse.move(end.x, end.y, { steps: 6 });
    await this.page.mouse.up();
  }

  /** Gives stars, by the name of the radio button. */
  async giveStars(name: string): Promise<void> {
    await this.page.getByLabel(name, { exact: true }).check({ force: true });
  }

  /** Chooses a file where the field of that name asks for photos. */
  async addPhoto(label: string, photo: Buffer): Promise<void> {
    await this.page.locator(`input[type=file][aria-label="${label}"]`).setInputFiles({ name: "bike.jpg", mimeType: "image/jpeg", buffer: photo });
  }

  /** The same of what is further down on the screen. */
  async lookBelow(name: string): Promise<void> {
    await this.scrollTo("bottom");
    await this.look(`${name}-below`);
    await this.scrollTo("top");
  }

  private scrollTo(end: "top" | "bottom"): Promise<void> {
    return this.page.evaluate((bottom) => {
      const scrolling = [...document.querySelectorAll("*")].filter((element) => element.scrollHeight > element.clientHeight && getComputedStyle(element).overflowY === "auto");
      for (const element of scrolling) element.scrollTop = bottom ? element.scrollHeight : 0;
    }, end === "bottom");
  }

  /**
   * Keeps pictures of the screen in both schemes, of a phone in English in each language; it is not wider than the
   * phone.  A state that soon ends is looked at in `one` language.
   */
  async look(name: string, how: Look = "picture", languages: "one" | "all" = this.language === "en" ? "all" : "one"): Promise<void> {
    if (!this.phone.looked) return;
    for (const language of languages === "all" ? (Object.keys(LANGUAGES) as Language[]) : [this.language]) {
      if (languages === "all") await showIn(this.page, language);
      for (const scheme of ["light", "dark"] as const) {
        await this.page.emulateMedia({ colorScheme: scheme });
        await this.page.locator(`html[data-theme=${scheme}]`).waitFor({ state: "attached" });
        if (how === "axe" && language === this.language) expect(await seriousViolations(this.page), `${name}, ${scheme}`).toEqual([]);
        await this.phone.screenshot(`journey-${language}-${this.app}-${name}-${scheme}`);
      }
      const sideways = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(sideways, `${name} in ${language} scrolls sideways`).toBe(0);
    }
    if (languages === "all") await showIn(this.page, this.language);
    await this.page.emulateMedia({ colorScheme: "light" });
  }
}
