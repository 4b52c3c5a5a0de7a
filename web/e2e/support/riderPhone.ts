import { expect } from "vitest";

import { seriousViolations } from "./accessibility.ts";
import { getDemoCity } from "./browser.ts";
import { receivedCode } from "./demoCity.ts";
import type { Phone } from "./phone.ts";

export interface Person {
  name: string;
  phone: string;
  password: string;
}

/** The rider's app as a person sees it, in English. */
export class RiderPhone {
  constructor(readonly phone: Phone) {}

  get page() {
    return this.phone.page;
  }

  readonly button = (name: string | RegExp) => this.page.getByRole("button", { name, exact: typeof name === "string" });
  readonly link = (name: string | RegExp) => this.page.getByRole("link", { name });
  readonly heading = (name: string | RegExp) => this.page.getByRole("heading", { name, exact: typeof name === "string" });
  readonly field = (label: string) => this.page.getByLabel(label, { exact: true });

  /** Opens the app and signs up, with the code from the sandbox. */
  async signUp(person: Person): Promise<void> {
    const { phone } = person;
    await this.phone.visit("/");
    await this.link("Create an account").click();
    await this.fillSignUp(person);
    await this.field("6-digit code").waitFor();
    await this.field("6-digit code").fill(await receivedCode(getDemoCity().base, phone));
    await this.button("Confirm number").click();
    await this.heading("Where are you?").waitFor();
  }

  async fillSignUp({ name, phone, password }: Person): Promise<void> {
    await this.field("Your name").fill(name);
    await this.field("Phone number").fill(phone);
    await this.field("Password").fill(password);
    await this.page.getByRole("checkbox").check(); // the terms
    await this.button("Create account").click();
  }

  async fillSignIn({ phone, password }: Omit<Person, "name">): Promise<void> {
    await this.field("Phone").fill(phone);
    await this.field("Password").fill(password);
    await this.button("Sign in").click();
  }

  /** Opens the app with the session of a person who has an account. */
  async signIn(person: Omit<Person, "name">): Promise<void> {
    await this.phone.visit("/sign-in");
    await this.fillSignIn(person);
    await this.heading("Where are you?").waitFor();
  }

  /** Signs out, on the account screen. */
  async signOut(): Promise<void> {
    await this.button("Sign out").click();
    await this.page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
    await this.page.waitForURL((url) => url.pathname === "/sign-in");
  }

  /** Axe finds nothing, and nothing is wider than the screen. */
  async isUsable(): Promise<void> {
    expect(await seriousViolations(this.page)).toEqual([]);
    expect(await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  }

  /** From the map to the price: a flat tyre, an unnamed bike, a point of the map. */
  async askForPrice(): Promise<void> {
    await this.button("Get help here").click();
    await this.button(/^Flat tire/).click();
    await this.button(/^Continue without choosing|^Another bike/).click();
    await this.button("Choose on the map").click();
    await this.button("Take me here").click();
    await this.page.getByText(/^You pay/).waitFor();
  }

  /** Adds a test card by its name at the price. */
  async addCard(name: string): Promise<void> {
    await this.button(/No card yet|Visa|Mastercard/).click();
    const another = this.button("Add another card");
    await another.or(this.page.getByText(name, { exact: true })).first().waitFor();
    if (await another.isVisible()) await another.click();
    await this.page.getByText(name, { exact: true }).click();
    await this.page.getByRole("dialog").getByRole("button", { name: "Add a card" }).click();
    await this.page.getByRole("dialog").waitFor({ state: "detached" });
  }

  /** Asks for help and returns the id of the rescue. */
  async request(): Promise<string> {
    await this.button(/^Ask for help · /).click();
    await this.page.waitForURL(/\/rescues\/res_/);
    return new URL(this.page.url()).pathname.split("/").at(-1) ?? "";
  }

  /** Keeps a picture of the screen in both schemes, and checks that everybody can use it. */
  async look(name: string): Promise<void> {
    for (const scheme of ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme: scheme });
      await this.page.locator(`html[data-theme=${scheme}]`).waitFor({ state: "attached" });
      expect(await seriousViolations(this.page), `${name}, ${scheme}`).toEqual([]);
      await this.phone.screenshot(`rider-${name}-${scheme}`);
    }
    await this.page.emulateMedia({ colorScheme: "light" });
    const sideways = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(sideways, `${name} scrolls sideways`).toBe(0);
  }
}
