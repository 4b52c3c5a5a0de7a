import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { demoCityAvailable } from "../support/browser.ts";
import { photograph } from "../support/papers.ts";
import { knownDriver, knownRider, person, SPOT } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { CARDS } from "../support/riderApp.ts";

const DETAIL = "The platform says this in English.";
const TRIES = 5;

/** Every request of that kind is refused with this problem, until the returned function is called. */
async function refuse(page: Page, pattern: string, status: number, code: string, method?: string): Promise<() => Promise<void>> {
  await page.route(pattern, (route) =>
    /auth\/refresh/.test(route.request().url()) || (method && route.request().method() !== method)
      ? route.fallback()
      : route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", status, code, title: DETAIL, detail: DETAIL }) }),
  );
  return () => page.unroute(pattern);
}

describe.skipIf(!demoCityAvailable)("states that a ride seldom has, in each language", () => {
  test("a rider without anything yet, and a platform that answers nothing but errors", async ({ openPhone }) => {
    const rider = await knownRider((options) => openPhone({ ...options, checked: false }), person("Esme Empty", "2501"));
    const { page } = rider;
    for (const path of ["rescues", "inbox", "places", "bikes", "cards"] as const) {
      await rider.phone.visit(`/${path}`);
      await page.locator("[class*=border-dashed]").waitFor();
      await rider.look(`empty-${path}`, "axe");
    }
    await refuse(page, "**/api/v1/**", 500, "internal");
    for (const [path, name] of [["rescues/res_01k00000000000000000000000", "rescue"], ["cards", "cards"], ["inbox", "inbox"]] as const) {
      await rider.phone.visit(`/${path}`);
      await page.getByRole("alert").getByRole("button", { name: rider.t.of("common.tryAgain") }).waitFor();
      await rider.look(`error-${name}`, "axe");
    }
    await rider.phone.visit("/rescues/res_01k00000000000000000000000");
    const reason = await page.getByRole("alert").boundingBox();
    const back = await rider.link(rider.t.of("common.toStart")).boundingBox();
    expect(reason?.y).toBeGreaterThanOrEqual((back?.y ?? Infinity) + (back?.height ?? 0)); // below the way back
  });

  test("many people need help: the price says so, and one that cannot be worked out says that", async ({ openPhone }) => {
    const rider = await knownRider((options) => openPhone({ ...options, checked: false }), person("Dede Demand", "2502"));
    await rider.page.route("**/api/v1/quotes", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...((await response.json()) as object), demand_multiplier: 1.6 } });
    });
    await rider.askForPrice();
    await rider.page.getByText(rider.t.of("request.quote.demand", { multiplier: "1.6" })).waitFor();
    await rider.look("demand", "axe");
    await rider.page.unroute("**/api/v1/quotes");
    const answer = await refuse(rider.page, "**/api/v1/quotes", 503, "unavailable");
    await rider.page.reload();
    await rider.button(rider.t.of("request.review.noPrice")).waitFor();
    await rider.look("no-price", "axe");
    await answer();
    await rider.button(rider.t.of("common.tryAgain")).click();
    await rider.button(rider.t.like("request.review.request")).waitFor();
  });

  test("a wrong PIN, a locked one and a new one; a photo that is refused", async ({ openPhone, browser }) => {
    const driver = await knownDriver((options) => openPhone({ ...options, checked: false }), person("Pete Pin", "2503"), [{ plate: "PIN 503" }]);
    await driver.goOnline();
    const rider = await knownRider((options) => openPhone({ ...options, checked: false }), person("Pam Pin", "2504"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, { brand: "Visa", last4: "4242" });
    await driver.accept(await rider.request());
    await driver.depart();
    await driver.phone.moveTo(SPOT.latitude, SPOT.longitude);
    await driver.arrive();
    await rider.phase("arrived");

    const photo = await photograph(browser, { title: "A bent wheel", lines: {} });
    const answer = await refuse(driver.page, "**/api/v1/rescues/*/photos", 409, "photos_closed", "POST");
    await driver.addPhoto(driver.t.of("photos.add"), photo);
    await driver.page.getByText(driver.t.of("errors.photos_closed")).waitFor();
    await driver.look("photo-refused", "axe");
    await answer();
    await driver.button(driver.t.of("photos.drop")).click();
    await driver.page.getByText(driver.t.of("errors.photos_closed")).waitFor({ state: "detached" });

    const right = await rider.pin();
    const enter = async (pin: string) => {
      await driver.field(driver.t.of("job.pinEntry.field")).fill(pin);
      await driver.dialog().getByRole("button", { name: driver.t.of("job.pinEntry.submit") }).click();
    };
    await driver.button(driver.t.of("job.enterPin")).click();
    for (let left = TRIES - 1; left > 0; left -= 1) {
      await enter(right === "1111" ? "2222" : "1111");
      await driver.dialog().getByText(driver.t.of("job.pinEntry.wrong", { left })).waitFor();
    }
    await driver.look("pin-wrong", "axe");
    await enter(right === "1111" ? "2222" : "1111");
    await driver.dialog().getByText(driver.t.of("job.pinEntry.locked")).waitFor();
    await driver.look("pin-locked", "axe");
    await rider.button(rider.t.of("live.pin.renew")).click();
    await rider.text(rider.t.of("live.pin.renewed")).waitFor();
    await rider.look("pin-renewed", "axe");
    await expect.poll(() => rider.pin()).not.toBe(right);
    await enter(await rider.pin());
    await rider.phase("inTransit");
    await driver.deliver();
    await rider.phase("delivered");
  });

  test("an update that is offered covers nothing of the screen", async ({ openPhone }) => {
    const rider = await knownRider(openPhone, person("Una Update", "2505"));
    const { page } = rider;
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await page.reload();
    await page.evaluate(() => navigator.serviceWorker.register("/sw.js?next", { scope: "/" }));
    const notice = page.getByRole("status").filter({ has: page.getByRole("button", { name: "Update" }) });
    await notice.waitFor();
    await rider.look("update", "axe");
    const bottom = await notice.evaluate((element) => element.getBoundingClientRect().bottom);
    expect(await page.getByRole("main").evaluate((element) => element.getBoundingClientRect().top)).toBeGreaterThanOrEqual(bottom);
  });
});
