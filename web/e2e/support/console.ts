import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

import { cityUnderTest } from "./browser.ts";

type Shown = { id: string; at: string };
type MapBox = HTMLElement & { cityMap?: { querySourceFeatures: (source: string) => { properties: { id: string }; geometry: { coordinates: number[] } }[] } };

/** The console as an operator sees it. */
export class ConsolePage {
  constructor(readonly page: Page) {}

  readonly phone = () => this.page.getByLabel("Phone");
  readonly connection = (said: string) => this.page.getByRole("banner").getByRole("status").filter({ hasText: said });
  readonly rescues = () => this.page.getByRole("region", { name: "Rescues" });
  readonly rows = () => this.rescues().getByRole("listitem").getByRole("button");
  readonly events = () => this.page.getByRole("region", { name: "Events" });
  readonly lines = () => this.events().getByRole("listitem");
  readonly sheet = () => this.page.getByRole("dialog");
  readonly button = (name: string | RegExp): Locator => this.page.getByRole("button", { name });

  /** The sign-in page, as somebody finds it who comes to the console. */
  async visit(): Promise<this> {
    await this.page.goto(`${cityUnderTest().base}/admin`);
    return this;
  }

  async signIn({ phone, password }: { phone: string; password: string }): Promise<void> {
    await this.phone().fill(phone);
    await this.page.getByLabel("Password").fill(password);
    await this.button("Sign in").click();
  }

  /** The console of somebody who is signed in already, live. */
  async enter(): Promise<this> {
    const { tokens } = cityUnderTest();
    await this.page.addInitScript((kept) => sessionStorage.setItem("supportcarr.console.session", kept), JSON.stringify(tokens));
    await this.visit();
    await this.live();
    return this;
  }

  async live(): Promise<void> {
    await this.connection("Live").waitFor();
    await this.page.locator("[data-testid=map][data-ready=true]").waitFor();
    await expect.poll(() => this.page.locator("[data-testid=map]").getAttribute("data-trucks"), { timeout: 15_000 }).not.toBe("0");
  }

  /** Where each truck stands in the map's own data. */
  trucks(): Promise<Shown[]> {
    return this.page.getByTestId("map").evaluate((box: MapBox) =>
      (box.cityMap?.querySourceFeatures("trucks") ?? []).map(({ properties, geometry }) => ({ id: properties.id, at: geometry.coordinates.join() })),
    );
  }

  async trucksMove(): Promise<void> {
    await expect.poll(async () => (await this.trucks()).length, { timeout: 15_000 }).toBeGreaterThan(0);
    const before = new Map((await this.trucks()).map(({ id, at }) => [id, at]));
    await expect
      .poll(async () => (await this.trucks()).some(({ id, at }) => before.has(id) && before.get(id) !== at), { timeout: 20_000 })
      .toBe(true);
  }

  async newEvent(): Promise<void> {
    const before = await this.lines().count();
    await expect.poll(() => this.lines().count(), { timeout: 40_000 }).toBeGreaterThan(before);
  }

  /** Opens a rescue from the list; which one is open may have ended since. */
  async openRescue(): Promise<void> {
    await expect.poll(() => this.rows().count(), { timeout: 30_000 }).toBeGreaterThan(0);
    await this.rows().last().click();
    await this.sheet().getByRole("heading", { name: "Timeline" }).waitFor();
  }
}
