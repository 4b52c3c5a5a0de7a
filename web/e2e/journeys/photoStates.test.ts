import type { Page } from "playwright-core";
import { describe } from "vitest";

import { demoCityAvailable } from "../support/browser.ts";
import { photograph } from "../support/papers.ts";
import { knownDriver, knownRider, person, SPOT } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { CARDS } from "../support/riderApp.ts";

const isUpload = (page: Page) => page.waitForRequest((request) => request.method() === "POST" && /multipart/.test(request.headers()["content-type"] ?? ""));

/** Photos that the page sends stay on their way until the returned function is called. */
async function holdUploads(page: Page): Promise<() => Promise<void>> {
  let release: (() => void) | undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/*", async (route) => {
    const request = route.request();
    if (request.method() === "POST" && /multipart/.test(request.headers()["content-type"] ?? "")) await released;
    await route.fallback();
  });
  return async () => {
    release?.();
    await page.unroute("**/*");
  };
}

describe.skipIf(!demoCityAvailable)("the photos of a rescue, as both see them", () => {
  test("on their way, waiting for a connection, refused, and there: before and after the ride", async ({ openPhone, browser }) => {
    const bent = await photograph(browser, { title: "A bent wheel", lines: { Wheel: "rear" } });
    const whole = await photograph(browser, { title: "At home", lines: { Bike: "unloaded" }, colour: "#dcfce7" });
    const driver = await knownDriver((options) => openPhone({ ...options, checked: false }), person("Phil Photos", "2601"), [{ plate: "PHO 601" }]);
    await driver.goOnline();
    const rider = await knownRider((options) => openPhone({ ...options, checked: false }), person("Pia Photos", "2602"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, { brand: "Visa", last4: "4242" });
    await driver.accept(await rider.request());
    await driver.depart();
    await driver.phone.moveTo(SPOT.latitude, SPOT.longitude);
    await driver.arrive();
    await rider.phase("arrived");

    // The rider's
    await rider.link(rider.t.of("live.actions.photos")).click();
    await rider.text(rider.t.of("photos.none")).waitFor();
    let arrive = await holdUploads(rider.page);
    let begun = isUpload(rider.page);
    await rider.addPhoto(rider.t.of("photos.add"), bent);
    await begun;
    await rider.text(rider.t.of("photos.sending")).waitFor();
    await rider.look("photo-sending", "axe");
    await arrive();
    await rider.page.getByRole("img", { name: rider.t.of("photos.byYou") }).waitFor();
    await rider.phone.goOffline();
    await rider.addPhoto(rider.t.of("photos.add"), bent);
    await rider.text(rider.t.of("photos.queued")).waitFor();
    await rider.look("photo-queued", "axe");
    await rider.page.route("**/api/v1/rescues/*/photos", (route) =>
      route.request().method() === "POST" ? route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify({ status: 409, code: "photos_closed", title: "", detail: "" }) }) : route.fallback(),
    );
    await rider.phone.goOnline();
    await rider.text(rider.t.of("errors.photos_closed")).waitFor();
    await rider.look("photo-refused", "axe");
    await rider.page.unroute("**/api/v1/rescues/*/photos");
    await rider.button(rider.t.of("photos.retry")).click();
    await rider.page.getByRole("img", { name: rider.t.of("photos.byYou") }).nth(1).waitFor();

    // The driver's
    arrive = await holdUploads(driver.page);
    begun = isUpload(driver.page);
    await driver.addPhoto(driver.t.of("photos.add"), bent);
    await begun;
    const onItsWay = driver.text(driver.t.of("photos.sending"));
    await onItsWay.waitFor();
    await driver.look("photo-sending", "axe");
    await onItsWay.scrollIntoViewIfNeeded();
    await driver.look("photo-sending-near");
    await arrive();
    await driver.page.getByRole("img", { name: driver.t.of("photos.byYou") }).waitFor();
    await driver.phone.goOffline();
    await driver.addPhoto(driver.t.of("photos.add"), bent);
    const waiting = driver.text(driver.t.of("photos.queued"));
    await waiting.waitFor();
    await driver.look("photo-queued", "axe");
    await waiting.scrollIntoViewIfNeeded();
    await driver.look("photo-queued-near");
    await driver.phone.goOnline();
    await driver.page.getByRole("img", { name: driver.t.of("photos.byYou") }).nth(1).waitFor();

    // Loaded
    await rider.link(rider.t.of("common.back")).click();
    await driver.start(await rider.pin());
    await rider.phase("inTransit");
    await rider.look("loaded", "axe");
    await rider.lookBelow("loaded");
    await driver.look("loaded", "axe");
    await driver.lookBelow("loaded");
    await driver.photograph(whole);
    await driver.lookBelow("loaded-after");

    // Delivered
    await driver.deliver();
    await driver.page.getByRole("img", { name: driver.t.of("photos.byYou") }).waitFor();
    await driver.look("delivered", "axe");
    await driver.lookBelow("delivered");
    await rider.phase("delivered");
    await rider.look("delivered", "axe");
    await rider.lookBelow("delivered");
    await rider.link(rider.t.of("live.actions.photos")).click();
    await rider.page.getByRole("region", { name: rider.t.of("photos.after") }).getByRole("img", { name: rider.t.of("photos.byDriver") }).waitFor();
    await rider.look("photos-both", "axe");
    await rider.lookBelow("photos-both");
  });
});
