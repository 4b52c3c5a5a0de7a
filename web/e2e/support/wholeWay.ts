import type { Buffer } from "node:buffer";

import type { Language } from "@supportcarr/i18n/languages";
import { expect } from "vitest";

import type { Person } from "./appPage.ts";
import { DriverApp } from "./driverApp.ts";
import { NEARBY, SPOT } from "./people.ts";
import type { Phone, PhoneOptions } from "./phone.ts";
import { CARDS, RiderApp } from "./riderApp.ts";

interface WholeWay {
  openPhone: (options: PhoneOptions) => Promise<Phone>;
  language: Language;
  rider: Person;
  driver: Person & { plate: string };
  photo: Buffer;
  /** An operator approves the driver. */
  approve: () => Promise<void>;
  /** Whether pictures of the screens are taken, and axe looks at some. */
  looked?: boolean;
}

/** Two people, each with their own app, from the sign-up to rated and paid. */
export async function wholeWay({ openPhone, language, rider: riding, driver: driving, photo, approve, looked = true }: WholeWay): Promise<void> {
  const driver = new DriverApp(await openPhone({ language, looked, at: NEARBY }), language);
  await driver.signUp(driving);
  await driver.look("draft");
  await driver.apply(driving.plate, photo);
  await approve();
  await driver.phone.visit("/driver/");
  await driver.heading(driver.t.of("availability.offline")).waitFor();
  await driver.look("offline");
  await driver.goOnline();
  await driver.look("online");

  const rider = new RiderApp(await openPhone({ language, looked, at: SPOT }), language);
  await rider.signUp(riding);
  await rider.text(rider.t.like("home.within")).waitFor();
  await rider.look("home");
  await rider.button(rider.t.of("home.getHelp")).click();
  await rider.heading(rider.t.of("request.problem.title")).waitFor();
  await rider.look("problem");
  await rider.chooseProblem("flat_tire");
  await rider.button(rider.t.of("request.bike.add")).click();
  await rider.field(rider.t.of("bikes.name")).fill("Vélo");
  await rider.field(rider.t.of("bikes.type")).selectOption("city");
  await rider.look("bike", "axe");
  await rider.dialog().getByRole("button", { name: rider.t.of("common.save") }).click();
  await rider.heading(rider.t.of("request.dropoff.title")).waitFor();
  await rider.look("dropoff");
  await rider.chooseDropoff();
  await rider.enterCard(CARDS.visa, { brand: "Visa", last4: "4242" });
  await rider.addPhoto(rider.t.of("request.extras.addPhotos"), photo);
  await rider.page.getByRole("button", { name: rider.t.of("request.extras.dropPhoto", { number: 1 }) }).waitFor();
  await rider.look("review");
  const price = await rider.price();
  expect(price).toMatch(/\d/);
  const id = await rider.request();

  await driver.page.locator(`[data-rescue="${id}"]`).waitFor();
  await driver.phone.screenshot(`journey-${language}-driver-offer-light`);
  const pay = await driver.accept(id);
  await rider.phase("assigned");
  await rider.text(new RegExp(driving.plate)).waitFor();
  await rider.look("assigned");
  await driver.look("job");
  await driver.depart();
  await rider.phase("enRoute");
  await rider.text(rider.t.like("live.map.truck")).first().waitFor({ state: "attached" });
  await rider.look("en-route", "axe");

  // they write to each other
  await rider.link(rider.t.of("live.actions.chat")).click();
  await rider.field(rider.t.of("chat.field")).fill("🚲 1");
  await rider.button(rider.t.of("chat.send")).click();
  await rider.text(/🚲 1/).first().waitFor();
  await driver.link(driver.t.of("job.unread", { count: 1 })).click();
  await driver.text(/🚲 1/).first().waitFor();
  await driver.field(driver.t.of("chat.field")).fill("🚚 2");
  await driver.button(driver.t.of("chat.send")).click();
  await rider.text(/🚚 2/).first().waitFor();
  await rider.look("chat");
  await rider.link(rider.t.of("common.back")).click();
  await driver.link(driver.t.of("common.back")).click();

  await driver.phone.moveTo(SPOT.latitude, SPOT.longitude);
  await driver.arrive();
  await rider.phase("arrived");
  await rider.look("arrived", "axe");
  await driver.photograph(photo);
  await driver.look("arrived");
  await driver.start(await rider.pin());
  await rider.phase("inTransit");
  await rider.look("in-transit", "axe");
  await rider.link(rider.t.of("live.actions.photos")).click();
  for (const by of ["byYou", "byDriver"] as const) await rider.page.getByRole("img", { name: rider.t.of(`photos.${by}`) }).first().waitFor();
  await rider.look("photos");
  await rider.link(rider.t.of("common.back")).click();
  await driver.deliver();
  await driver.rateRider();
  await driver.look("done");
  await rider.phase("delivered");
  await rider.look("delivered", "axe");

  await rider.rateDriver();
  await rider.text(rider.t.of("rating.theirs")).waitFor();
  await rider.look("rated");
  await rider.link(rider.t.of("common.back")).click();
  await rider.receiptOf(price);
  await rider.look("receipt");
  await rider.phone.visit("/rescues");
  await rider.link(new RegExp(rider.t.of("history.statuses.completed"))).first().waitFor();
  await rider.look("history");
  await rider.tab("inbox").click();
  await rider.button(rider.t.of("inbox.readAll")).click();
  await rider.button(rider.t.of("inbox.readAll")).waitFor({ state: "detached" });
  await rider.look("inbox");
  await driver.earned("fare", pay);
  await driver.look("earnings");
}
