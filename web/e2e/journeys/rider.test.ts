import { describe, expect } from "vitest";

import { demoCityAvailable } from "../support/browser.ts";
import { phoneTest as test } from "../support/phone.ts";
import { RiderPhone } from "../support/riderPhone.ts";
import { ScriptedDriver } from "../support/scriptedDriver.ts";

const PASSWORD = "a long enough password";
// A corner of the city in which no simulated driver is nearer than ours.
const CORNER = { latitude: 45.4455, longitude: -73.7462, accuracy: 12 };
const NEARBY = { lat: 45.4478, lng: -73.7462 };
const PICKUP = { lat: CORNER.latitude, lng: CORNER.longitude };

describe.skipIf(!demoCityAvailable)("the rider's app, on a phone", () => {
  test("from the sign-up to rated and paid", async ({ openPhone }) => {
    const rider = new RiderPhone(await openPhone({ at: CORNER }));
    await rider.phone.visit("/");
    await rider.heading("A neighbour on the way").waitFor();
    await rider.look("welcome");
    await rider.signUp({ name: "Ana Roy", phone: "+14385550301", password: PASSWORD });
    await rider.page.getByText("Your location, accurate to 10 m").waitFor();
    await rider.look("home");

    await rider.button("Get help here").click();
    await rider.heading("What is wrong?").waitFor();
    await rider.look("problem");
    await rider.button(/^Flat tire/).click();
    await rider.heading("Which bike?").waitFor();
    await rider.button("Add a bike").click();
    await rider.field("Name").fill("My cargo bike");
    await rider.field("Type").selectOption("cargo");
    await rider.look("bike-form");
    await rider.page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await rider.heading("Where to?").waitFor();
    await rider.look("dropoff");
    await rider.button("Choose on the map").click();
    await rider.button("Take me here").click();
    await rider.page.getByText(/^You pay/).waitFor();
    await rider.addCard("Visa");
    await rider.page.getByText("Visa ending in 4242").waitFor();
    await rider.look("review");

    const driver = await ScriptedDriver.start("Denis Caron", "+14385550302", "DEN 302", NEARBY);
    const rescueId = await rider.request();
    await driver.accept(rescueId);
    await rider.heading(/^Denis (is|is coming)/).waitFor();
    await rider.page.getByText("DEN 302").waitFor();
    await rider.look("assigned");
    await driver.step(rescueId, "departure");
    await rider.heading(/^Denis is .* away$/).waitFor();
    await rider.page.getByText("Denis Caron's truck").waitFor({ state: "attached" });
    await rider.look("en-route");

    // both write to each other
    await driver.write(rescueId, "I am in the blue truck.");
    await rider.link("1 new").click();
    await rider.page.getByText("I am in the blue truck.").waitFor();
    await rider.field("Your message").fill("I wave.");
    await rider.button("Send").click();
    await rider.page.getByText("I wave.").waitFor();
    await rider.look("chat");
    await rider.link("Back").click();

    driver.moveTo(PICKUP);
    await expect.poll(() => driver.step(rescueId, "arrival").then(() => true, () => false)).toBe(true);
    await rider.heading("Denis is here").waitFor();
    await rider.look("arrived");
    const pin = await rider.page.getByRole("img", { name: /^PIN / }).getAttribute("aria-label");
    await driver.step(rescueId, "start", { pin: pin?.replace(/\D/g, "") });
    await rider.page.getByText("Your bike is loaded.").waitFor();
    await rider.look("in-transit");
    await driver.step(rescueId, "completion", { outcome: "delivered" });
    await rider.heading("You have arrived").waitFor();
    await driver.stop();
    await rider.look("delivered");

    await rider.link("Rate Denis").click();
    await rider.page.getByLabel("5 of 5 stars").check({ force: true });
    await rider.page.getByText("Friendly", { exact: true }).click();
    await rider.look("rating");
    await rider.button("Send rating").click();
    await rider.page.getByText("Your rating", { exact: true }).waitFor();
    await rider.link("Back").click();
    await rider.link("Receipt").click();
    await rider.page.getByText(/was charged to your card\.$/).waitFor();
    await rider.look("receipt");

    await rider.phone.visit("/rescues");
    await rider.link(/Flat tire Done/).waitFor();
    await rider.look("history");
    await rider.link("Inbox").click();
    await rider.heading("Inbox").waitFor();
    await rider.button("Mark all as read").click();
    await rider.button("Mark all as read").waitFor({ state: "detached" });
    await rider.look("inbox");
  });
});
