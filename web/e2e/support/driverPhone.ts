import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

import { seriousViolations } from "./accessibility.ts";
import { getDemoCity } from "./browser.ts";
import { receivedCode, requestJson, signUp } from "./demoCity.ts";
import type { Phone } from "./phone.ts";

/** The driver's app on a phone. */
export class DriverPhone {
  readonly page: Page;

  constructor(readonly phone: Phone) {
    this.page = phone.page;
  }

  readonly button = (name: string | RegExp): Locator => this.page.getByRole("button", { name, exact: typeof name === "string" });
  readonly field = (label: string): Locator => this.page.getByLabel(label, { exact: true });
  readonly link = (name: string | RegExp): Locator => this.page.getByRole("link", { name });
  readonly heading = (name: string | RegExp): Locator => this.page.getByRole("heading", { name });

  async signUp({ name, phone, password }: { name: string; phone: string; password: string }): Promise<void> {
    await this.field("Your name").fill(name);
    await this.field("Phone number").fill(phone);
    await this.field("Password").fill(password);
    await this.page.getByRole("checkbox").check(); // the terms
    await this.button("Create account").click();
    await this.heading("Confirm your number").waitFor();
    await this.field("6-digit code").fill(await receivedCode(getDemoCity().base, phone));
    await this.button("Confirm number").click();
  }

  /** Confirms a sliding button as a screen reader does: by a press without a pointer. */
  async slide(name: string | RegExp): Promise<void> {
    const button = this.button(name).and(this.page.locator("[aria-disabled=false]")); // not while the step before is sent
    await button.waitFor();
    await button.evaluate((element: HTMLElement) => element.click());
  }

  /** Answers each offer the moment it is shown: yes to that rescue's (or, without one, to all), no to others. */
  async answerOffers(rescueId = ""): Promise<void> {
    await this.page.evaluate((wanted) => {
      const { dataset } = document.body;
      const observing = dataset.wanted !== undefined;
      dataset.wanted = wanted;
      const answer = () => {
        const dialog = document.querySelector<HTMLElement>("[data-rescue]");
        if (!dialog || dialog.dataset.answered) return;
        const buttons = [...dialog.querySelectorAll("button")];
        const button = !dataset.wanted || dialog.dataset.rescue === dataset.wanted ? buttons.at(-2) : buttons.at(-1);
        if (!button) return;
        dialog.dataset.answered = "yes";
        button.click();
      };
      if (!observing) new MutationObserver(answer).observe(document.body, { childList: true, subtree: true });
      answer();
    }, rescueId);
  }

  /** Axe finds nothing in either scheme, nothing is wider than the screen, and pictures of both are kept. */
  async inspect(name: string): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme });
      await expect.poll(() => this.page.evaluate(() => document.documentElement.dataset.theme)).toBe(colorScheme);
      await this.phone.screenshot(`driver-${name}-${colorScheme}`);
      expect(await seriousViolations(this.page), `${name}, ${colorScheme}`).toEqual([]);
    }
    await this.page.emulateMedia({ colorScheme: "light" });
    expect(await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), name).toBe(0);
  }
}

/** A rider who asks by API. */
export class ScriptedRider {
  private constructor(
    readonly token: string,
    readonly card: string,
  ) {}

  static async signUp(phone: string, name: string): Promise<ScriptedRider> {
    const { base } = getDemoCity();
    const token = await signUp(base, { phone, name, password: "a long enough password", role: "rider" });
    const { id } = await requestJson<{ id: string }>(base, "/me/payment-methods", { token, body: { stripe_payment_method: "pm_card_visa" } });
    return new ScriptedRider(token, id);
  }

  /** Asks for a rescue from there, now or at a time of the city; its id. */
  async ask(pickup: { lat: number; lng: number }, at?: Date): Promise<string> {
    const { base } = getDemoCity();
    const quote = await requestJson<{ id: string }>(base, "/quotes", {
      token: this.token,
      body: { kind: "rescue", problem: "flat_tire", pickup, dropoff: { lat: pickup.lat + 0.01, lng: pickup.lng + 0.01 }, ...(at ? { scheduled_for: at.toISOString() } : {}) },
    });
    const body = { quote_id: quote.id, payment_method_id: this.card };
    return (await requestJson<{ id: string }>(base, "/rescues", { token: this.token, body })).id;
  }

  readonly rescue = (id: string) => requestJson<{ status: string; pin?: string; fix?: { price_minor?: number } }>(getDemoCity().base, `/rescues/${id}`, { token: this.token });

  readonly status = async (id: string): Promise<string> => (await this.rescue(id)).status;

  readonly timeline = async (id: string) =>
    (await requestJson<{ items: { to: string; at: string; received_at?: string }[] }>(getDemoCity().base, `/rescues/${id}/timeline`, { token: this.token })).items;

  readonly photos = async (id: string) => (await requestJson<{ items: { id: string }[] }>(getDemoCity().base, `/rescues/${id}/photos`, { token: this.token })).items;

  async cancel(id: string): Promise<void> {
    await requestJson(getDemoCity().base, `/rescues/${id}/cancellation`, { token: this.token, body: { reason: "changed_my_mind" } });
  }
}

/** An operator approves the application of the driver with that number, outside the app. */
export async function approveDriver(phone: string): Promise<void> {
  const { base, tokens } = getDemoCity();
  const token = tokens.access_token;
  await expect.poll(() => findDriver(phone)).toBeTruthy();
  const found = await findDriver(phone);
  const approve = () => requestJson(base, `/admin/drivers/${found}/approval`, { token, body: {} }).then(() => "approved", String);
  await expect.poll(approve).toBe("approved"); // once the checks by others are clear
}

/** The id of the driver with that number. */
export async function findDriver(phone: string): Promise<string | undefined> {
  const { base, tokens } = getDemoCity();
  const { items } = await requestJson<{ items: { id?: string; driver_id?: string }[] }>(base, `/admin/drivers?q=${encodeURIComponent(phone)}`, { token: tokens.access_token });
  return items[0]?.driver_id ?? items[0]?.id;
}
