import { describe, expect } from "vitest";

import { demoCityAvailable } from "../support/browser.ts";
import { bringHome, knownDriver, knownRider, person } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { CARDS } from "../support/riderApp.ts";

const VISA = { brand: "Visa", last4: "4242" };

describe.skipIf(!demoCityAvailable)("a rescue that does not go as planned, seen by both", () => {
  test("the driver gives up, and another one comes", async ({ openPhone }) => {
    const first = await knownDriver(openPhone, person("Gil Giveup", "2301"), [{ plate: "GIV 301" }]);
    await first.goOnline();
    const rider = await knownRider(openPhone, person("Gina Waits", "2302"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, VISA);
    const price = await rider.price();
    const id = await rider.request();
    await first.accept(id);
    await rider.phase("assigned");
    await first.more("giveUp");
    await first.dialog().getByText(first.t.of("job.more.reasons.breakdown")).click();
    await first.look("give-up", "axe");
    await first.dialog().getByRole("button", { name: first.t.of("job.more.giveUp") }).click();
    await rider.phase("searchingAgain");
    await rider.text(rider.t.of("live.search.gaveUp", { count: 1 })).waitFor();
    await rider.look("searching-again", "axe");
    await first.phone.visit("/driver/");
    await first.heading(first.t.of("availability.online")).waitFor(); // still online, for other riders
    const second = await knownDriver(openPhone, person("Sue Second", "2303"), [{ plate: "SUE 303" }]);
    await second.goOnline();
    await second.accept(id);
    await rider.text(/SUE 303/).waitFor();
    await bringHome(rider, second);
    await rider.receiptOf(price);
  });

  test("a damaged battery: a dangerous one is refused, another one rides in an open bed only", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Ben Battery", "2304"), [
      { plate: "VAN 304", type: "van" },
      { plate: "PIC 304" },
    ]);
    const vehicle = driver.page.getByRole("combobox");
    await vehicle.selectOption({ label: "Ford Transit · VAN 304" });
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Bea Battery", "2305"));
    await rider.sayProblem("damaged_battery");
    const answer = (question: "smoking" | "swollen" | "hot", said: "yes" | "no") =>
      rider.page.getByRole("group", { name: rider.t.of(`request.battery.questions.${question}`) }).getByText(rider.t.of(`request.battery.${said}`), { exact: true }).click();
    await answer("swollen", "yes");
    await rider.text(rider.t.of("request.battery.refusal.lead")).waitFor();
    await rider.link(rider.t.like("request.battery.refusal.call")).waitFor();
    expect(await rider.button(rider.t.of("request.battery.goOn")).count()).toBe(0);
    await rider.look("battery-refused", "axe");
    await rider.button(rider.t.of("request.battery.refusal.mistake")).click();
    for (const question of ["smoking", "swollen", "hot"] as const) await answer(question, "no");
    await rider.look("battery", "axe");
    await rider.button(rider.t.of("request.battery.goOn")).click();
    await rider.skipBike();
    await rider.chooseDropoff();
    await rider.text(rider.t.like("request.quote.no_vehicle_fits")).waitFor(); // a van is closed
    await rider.enterCard(CARDS.visa, VISA);
    const id = await rider.request();
    await rider.phase("searching");
    await driver.button(driver.t.of("availability.goOffline")).click();
    await vehicle.selectOption({ label: "Ford F-150 · PIC 304" });
    await driver.goOnline();
    await driver.page.locator(`[data-rescue="${id}"]`).getByText(driver.t.of("work.damaged_battery")).waitFor();
    await driver.accept(id);
    await bringHome(rider, driver);
  });

  test("fixed on the spot, for a lower price that the rider agrees to", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Fay Fixer", "2306"), [{ plate: "FIX 306" }]);
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Finn Fixed", "2307"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, VISA);
    await driver.accept(await rider.request());
    await driver.depart();
    await driver.arrive();
    await driver.more("fixed");
    await driver.field(driver.t.of("job.fix.price", { currency: "CAD" })).fill("5");
    await driver.dialog().getByRole("button", { name: driver.t.of("job.fix.submit") }).click();
    await driver.text(driver.t.of("job.fix.asked")).waitFor();
    await driver.look("fix-asked", "axe");
    await rider.phase("fixProposed");
    await rider.look("fix", "axe");
    await rider.button(rider.t.of("live.fix.agree", { price: "$5.00" })).click();
    await rider.phase("fixAgreed");
    await rider.look("fix-agreed", "axe");
    await driver.text(driver.t.of("job.fix.agreed", { price: "$5.00" })).waitFor();
    await driver.look("fix-agreed", "axe");
    await driver.dialog().getByRole("button", { name: driver.t.of("job.fix.submit") }).click();
    await driver.heading(driver.t.of("job.end.completed.title")).waitFor();
    await driver.look("fixed", "axe");
    await rider.phase("fixedOnSpot");
    await rider.look("fixed", "axe");
    await rider.lookBelow("fixed");
    await rider.receiptOf("$5.00");
    await rider.look("receipt-fixed", "axe");
  });

  test("nobody comes: one press asks again", async ({ openPhone }) => {
    const rider = await knownRider(openPhone, person("Una Unserved", "2308"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, VISA);
    const unserved = await rider.request();
    await rider.phase("searching");
    await rider.look("searching", "axe");
    const driver = await knownDriver(openPhone, person("Ulf Unserved", "2309"), [{ plate: "UNS 309" }]);
    await rider.phase("unserved"); // after eight minutes of the city
    await rider.look("unserved", "axe");
    await driver.goOnline();
    await rider.button(rider.t.of("live.again.submit")).click();
    await rider.page.waitForURL((url) => /\/rescues\/res_/.test(url.pathname) && !url.pathname.endsWith(unserved));
    await driver.accept(await rider.rescueId());
    await rider.phase("assigned");
  });
});
