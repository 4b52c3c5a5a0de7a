import type { Locator, Page, Response } from "playwright-core";
import { expect } from "vitest";

import { getDemoCity } from "./browser.ts";
import { withUnusedCode } from "./totp.ts";

type TruckPosition = { id: string; position: string };
type MapElement = HTMLElement & { cityMap?: { querySourceFeatures: (source: string) => { properties: { id: string }; geometry: { coordinates: number[] } }[] } };

/** The console as an operator sees it. */
export class ConsolePage {
  constructor(readonly page: Page) {}

  readonly phone = () => this.page.getByLabel("Phone");
  readonly connection = (status: string) => this.page.getByRole("banner").getByRole("status").filter({ hasText: status });
  readonly rescues = () => this.page.getByRole("region", { name: "Rescues" });
  readonly rows = () => this.rescues().getByRole("listitem").getByRole("link");
  readonly events = () => this.page.getByRole("region", { name: "Events" });
  readonly eventItems = () => this.events().getByRole("listitem");
  readonly sheet = () => this.page.getByRole("dialog");
  readonly sheetTitle = () => this.sheet().getByRole("heading", { level: 2 }).textContent();
  readonly button = (name: string | RegExp): Locator => this.page.getByRole("button", { name });

  /** Opens a page of the console; without a session this shows the sign-in form. */
  async visit(path = "/admin"): Promise<this> {
    await this.page.goto(`${getDemoCity().base}${path}`);
    return this;
  }

  /** Fills in the form; if a code is asked for, also that. */
  async signIn({ phone, password, totp_secret }: { phone: string; password: string; totp_secret?: string }): Promise<void> {
    await this.phone().fill(phone);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    const answer = await this.submitSignIn("Sign in");
    if (!totp_secret || !(await answer.text()).includes("totp_code_required")) return;
    await withUnusedCode(totp_secret, async (code) => {
      await this.page.getByLabel("6-digit code").fill(code);
      return (await this.submitSignIn("Confirm")).ok() ? true : null;
    });
  }

  private async submitSignIn(button: string): Promise<Response> {
    const answer = this.page.waitForResponse((response) => response.url().endsWith("/auth/sign-in"));
    await this.button(button).click();
    return answer;
  }

  /** Opens a page of the console with a session, and waits until it is live. */
  async enter(path = "/admin"): Promise<this> {
    await this.signInBefore();
    await this.visit(path);
    await this.waitUntilLive();
    return this;
  }

  /**
   * Signs the browser in before a page of the console is opened, without a sign-in: each takes a TOTP code, of which
   * there is one in half a minute.  The server's answer to the refresh by cookie is replaced; the mark of a session,
   * without which the console does not ask, is set.
   */
  async signInBefore(): Promise<void> {
    const { base, tokens } = getDemoCity();
    const { access_token } = tokens;
    await this.page.context().addCookies([{ name: "supportcarr-admin-signed-in", value: "1", url: base }]);
    await this.page.route("**/api/v1/auth/refresh", (route) => route.fulfill({ json: { access_token } }));
  }

  /** Answers the question for a fresh code of an authenticator app. */
  async confirmStepUp(totpSecret = getDemoCity().admin.totp_secret): Promise<void> {
    const dialog = this.page.getByRole("dialog", { name: "Confirm with a fresh code" });
    await dialog.waitFor();
    await withUnusedCode(totpSecret, async (code) => {
      const response = this.page.waitForResponse((answer) => answer.url().endsWith("/auth/step-up"));
      await dialog.getByLabel("6-digit code").fill(code);
      await dialog.getByRole("button", { name: "Confirm" }).click();
      return (await response).ok() ? true : null;
    });
    await dialog.waitFor({ state: "hidden" });
  }

  /** Says that the key that is shown is safe. */
  async takeKey(): Promise<void> {
    await this.page.getByLabel("The key has been passed on or stored").check();
    await this.button("Done").click();
    await this.page.getByRole("dialog").waitFor({ state: "hidden" });
  }

  async waitUntilLive(): Promise<void> {
    await this.connection("Live").waitFor();
    await this.page.locator("[data-testid=map][data-ready=true]").waitFor();
    await expect.poll(() => this.page.locator("[data-testid=map]").getAttribute("data-trucks")).not.toBe("0");
  }

  /** The position of each truck in the data of the map. */
  truckPositions(): Promise<TruckPosition[]> {
    return this.page.getByTestId("map").evaluate((element: MapElement) =>
      (element.cityMap?.querySourceFeatures("trucks") ?? []).map(({ properties, geometry }) => ({ id: properties.id, position: geometry.coordinates.join() })),
    );
  }

  async waitForMovingTrucks(): Promise<void> {
    await expect.poll(async () => (await this.truckPositions()).length).toBeGreaterThan(0);
    const before = new Map((await this.truckPositions()).map(({ id, position }) => [id, position]));
    await expect
      .poll(async () => (await this.truckPositions()).some(({ id, position }) => before.has(id) && before.get(id) !== position))
      .toBe(true);
  }

  /** Waits until another event is the newest: a full list does not grow. */
  async waitForNewEvent(): Promise<void> {
    const newest = () => this.eventItems().first().textContent();
    const before = await newest();
    await expect.poll(newest).not.toBe(before);
  }

  /** Notes each text of a status from now on, however short it is shown. */
  async noteStatuses(): Promise<() => Promise<string[]>> {
    await this.page.evaluate(() => {
      const statuses = new Set<string>();
      const note = () => document.querySelectorAll("[role=status]").forEach(({ textContent }) => statuses.add(textContent));
      new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
      Object.assign(window, { statuses });
    });
    return () => this.page.evaluate(() => [...(window as unknown as { statuses: Set<string> }).statuses]);
  }

  /** Opens a rescue from the list. */
  async openRescue(): Promise<void> {
    await expect.poll(() => this.rows().count()).toBeGreaterThan(0);
    await this.rows().last().click();
    await this.sheet().getByRole("heading", { name: "Timeline" }).waitFor();
  }
}
