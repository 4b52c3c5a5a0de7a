import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { DriverPhone } from "./support/driverPhone.ts";
import { phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";

// Delivered and rated: tests/e2e/test_demo_phones.py.  Here the city is fast, so that an offer lasts a second, and
// on a busy machine its few drivers may miss it.
const ATTEMPTS = 4;

const placeOf = (page: Page) => page.evaluate(() => localStorage.getItem("supportcarr.driver.demo-place"));

async function standsStill(page: Page): Promise<boolean> {
  const before = await placeOf(page);
  await page.waitForTimeout(2_500); // more than the time between two positions
  return (await placeOf(page)) === before;
}

describe.skipIf(!demoCityAvailable)("the links that the demo prints", () => {
  test("the rider's: signed in with a card, in the city without a place known to the browser, served by a simulated driver", async ({ openPhone }) => {
    const rider = new RiderPhone(await openPhone({ at: null }));
    await rider.page.goto(getDemoCity().links.rider);
    await rider.page.waitForURL(`${getDemoCity().base}/`);
    await rider.page.getByText(/^Demo: your browser knows no place/).waitFor();
    await rider.look("demo-home");
    await rider.askForPrice();
    await rider.page.getByText("Visa ending in 4242").waitFor();
    const served = rider.heading(/ (is coming|is on the way|is .* away|is here)$|^You have arrived$/);
    const unserved = rider.heading("No driver could come");
    await rider.request();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      await served.or(unserved).first().waitFor();
      if (await served.isVisible()) break;
      expect(attempt, "no driver came").toBeLessThan(ATTEMPTS);
      const before = rider.page.url();
      await rider.button("Ask again").click(); // this asks, unless it costs more now
      const dearer = rider.button(/^Ask again · /);
      await expect.poll(async () => {
        if (await dearer.isVisible()) await dearer.click();
        return rider.page.url();
      }).not.toBe(before);
    }
  });

  test("the driver's: a simulated rider asks nearby, and the truck drives there by itself", async ({ openPhone }) => {
    const driver = new DriverPhone(await openPhone({ at: null }));
    await driver.page.goto(getDemoCity().links.driver);
    await driver.page.waitForURL(`${getDemoCity().base}/driver/`);
    await driver.button("Slide to go online").waitFor();
    await driver.answerOffers();
    const job = driver.heading(/^Drive to /);
    for (let attempt = 0; attempt < 6 && !(await job.isVisible()); attempt += 1) {
      // In this fast city an offer lasts a second: a busy machine may miss three, which ends being online.
      if (await driver.button("OK").isVisible()) await driver.button("OK").click();
      if (await driver.heading("You are offline").isVisible()) await driver.slide("Slide to go online");
      await driver.page.getByText(/^Demo: your browser knows no place/).or(job).first().waitFor();
      await job.waitFor({ timeout: 20_000 }).catch(() => undefined);
    }
    await job.waitFor();
    await driver.inspect("demo-job");
    const start = await placeOf(driver.page);
    await driver.button("I am leaving now").click();
    const here = driver.button("Slide: I am here");
    await here.waitFor();
    await expect.poll(() => placeOf(driver.page)).not.toBe(start); // the truck drives there by itself
    await expect.poll(() => standsStill(driver.page)).toBe(true);
    await here.evaluate((element: HTMLElement) => element.click());
    await driver.button("Loaded: enter the PIN").waitFor(); // the PIN comes in the chat: tests/e2e/test_demo_phones.py
  });

  test("the console's: signed in with a second factor; an old key opens nothing", async ({ openPhone }) => {
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
