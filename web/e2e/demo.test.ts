import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { DriverPhone } from "./support/driverPhone.ts";
import { phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";

const UNTIL_DELIVERED_MS = 240_000;

describe.skipIf(!demoCityAvailable)("the links that the demo prints", () => {
  test("the rider's: signed in, served by a simulated driver, delivered and rated, without a place known to the browser", { timeout: 400_000 }, async ({ openPhone }) => {
    const rider = new RiderPhone(await openPhone({ at: null }));
    await rider.page.goto(getDemoCity().links.rider);
    await rider.page.waitForURL(`${getDemoCity().base}/`);
    await rider.page.getByText(/^Demo: your browser knows no place/).waitFor();
    await rider.look("demo-home");
    await rider.askForPrice();
    await rider.page.getByText("Visa ending in 4242").waitFor();
    await rider.request();
    await rider.heading("You have arrived").waitFor({ timeout: UNTIL_DELIVERED_MS });
    await rider.link(/^Rate /).click();
    await rider.page.getByLabel("5 of 5 stars").check({ force: true });
    await rider.button("Send rating").click();
    await rider.page.getByText("Your rating", { exact: true }).waitFor();
  });

  test("the driver's: a simulated rider asks nearby, and tells the PIN in the chat", { timeout: 400_000 }, async ({ openPhone }) => {
    const driver = new DriverPhone(await openPhone({ at: null }));
    await driver.page.goto(getDemoCity().links.driver);
    await driver.page.waitForURL(`${getDemoCity().base}/driver/`);
    await driver.slide("Slide to go online");
    await driver.page.getByText(/^Demo: your browser knows no place/).waitFor();
    await driver.inspect("demo-online");
    await driver.answerOffers();
    await driver.heading(/^Drive to /).waitFor({ timeout: 120_000 });
    await driver.inspect("demo-job");
  });

  test("the console's: signed in with a second factor; an old key opens nothing", { timeout: 300_000 }, async ({ openPhone }) => {
    const { links, base } = getDemoCity();
    const desk = await openPhone({ size: { width: 1440, height: 860 } });
    await desk.page.goto(`${base}/sandbox/console#an-old-key`);
    await desk.page.getByText("This link is of another run. Open the one that the demo has printed last.").waitFor();
    expect(await seriousViolations(desk.page)).toEqual([]);
    expect(new URL(desk.page.url()).hash).toBe("");
    await desk.page.goto("about:blank");
    await desk.page.goto(links.console);
    await desk.page.waitForURL(/\/admin/, { timeout: 120_000 });
    await desk.page.getByRole("banner").waitFor();
  });
});
