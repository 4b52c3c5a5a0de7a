import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity } from "../support/browser.ts";
import { requestJson } from "../support/demoCity.ts";
import { knownDriver, knownRider, NEARBY, person, SPOT } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { CARDS } from "../support/riderApp.ts";

const VISA = { brand: "Visa", last4: "4242" };

describe.skipIf(!demoCityAvailable)("a connection that is lost in the middle", () => {
  test("the driver's: the steps are kept, sent later in order, and the rider sees them then", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Otto Offline", "2401"), [{ plate: "OFF 401" }]);
    await driver.goOnline();
    const olga = person("Olga Online", "2402");
    const rider = await knownRider(openPhone, olga);
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, VISA);
    const price = await rider.price();
    const id = await rider.request();
    await driver.accept(id);
    await driver.depart();
    await rider.phase("enRoute");
    await driver.phone.moveTo(SPOT.latitude, SPOT.longitude);
    await driver.phone.goOffline();
    await driver.arrive();
    await driver.start(await rider.pin());
    await driver.text(driver.t.of("queued.waiting", { count: 2 })).waitFor();
    await driver.look("queued", "axe");
    await rider.phase("enRoute");
    await driver.page.waitForTimeout(6_000); // more than a minute of the city
    await driver.phone.goOnline();
    await rider.phase("inTransit");
    const { base } = getDemoCity();
    const { access_token: token } = await requestJson<{ access_token: string }>(base, "/auth/sign-in", { body: { phone: olga.phone, password: olga.password } });
    const { items } = await requestJson<{ items: { to: string; at: string; received_at?: string }[] }>(base, `/rescues/${id}/timeline`, { token });
    const arrival = items.find(({ to }) => to === "arrived");
    expect(Date.parse(arrival?.received_at ?? "") - Date.parse(arrival?.at ?? "")).toBeGreaterThan(50_000); // it has its own time
    await driver.text(driver.t.of("queued.waiting", { count: 2 })).waitFor({ state: "detached" });
    await driver.deliver();
    await rider.phase("delivered");
    await rider.receiptOf(price);
  });

  test("the rider's: the last state stays, also after a reload, and what has happened comes with the connection", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Olaf Online", "2403"), [{ plate: "OLA 403" }]);
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Ophelia Offline", "2404"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, VISA);
    await driver.accept(await rider.request());
    await rider.phase("assigned");
    await rider.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await rider.page.reload(); // its worker has all of the screen now
    await rider.phase("assigned");
    await rider.text(/OLA 403/).waitFor();
    const pin = await rider.pin();
    await rider.phone.goOffline();
    await rider.page.getByRole("status").filter({ hasText: rider.ui.offline.title }).waitFor();
    await rider.page.reload();
    await rider.phase("assigned");
    await rider.text(/OLA 403/).waitFor();
    await rider.look("offline", "axe");
    await driver.depart();
    await driver.phone.moveTo((NEARBY.latitude + SPOT.latitude) / 2, SPOT.longitude);
    await driver.arrive();
    await rider.phone.goOnline();
    await rider.phase("arrived");
    await driver.start(pin);
    await rider.phase("inTransit");
    await driver.deliver();
    await rider.phase("delivered");
  });
});
