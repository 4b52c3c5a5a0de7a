import { describe, expect } from "vitest";

import { demoCityAvailable } from "./support/browser.ts";
import { phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";
import { ScriptedDriver } from "./support/scriptedDriver.ts";

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

  test("a declined card, then a cancellation with a fee", async ({ openPhone }) => {
    const rider = new RiderPhone(await openPhone({ at: CORNER }));
    await rider.signUp({ name: "Bo Li", phone: "+14385550303", password: PASSWORD });
    await rider.askForPrice();
    await rider.addCard("Visa without money");
    await rider.request();
    await rider.heading("The rescue could not begin").waitFor();
    await rider.page.getByText("Your card was declined. Use another one.").waitFor();
    await rider.look("declined");
    await rider.button("Change and ask again").click();
    await rider.addCard("Mastercard");

    const driver = await ScriptedDriver.start("Eve Roy", "+14385550307", "EVE 307", NEARBY);
    const asked = await rider.request();
    // Free until two minutes of the city's time have passed; the fee is shown before anything is decided.
    const cost = async () => {
      await rider.button("Cancel the rescue").click();
      const said = await rider.page.getByRole("dialog").getByText(/^Cancelling (now costs|is free)/).textContent();
      const costs = said === "Cancelling now costs $7.00.";
      if (!costs) {
        await rider.page.keyboard.press("Escape");
        await rider.page.getByRole("dialog").waitFor({ state: "detached" });
      }
      return costs;
    };
    expect(await cost()).toBe(false); // while nobody has accepted
    await driver.accept(asked);
    await rider.heading(/ (is coming|away)$/).waitFor();
    await expect.poll(cost, { interval: 1_000 }).toBe(true); // ten seconds later, at twelve times the speed
    await rider.look("cancel");
    await rider.page.getByText("It takes too long").click();
    await rider.button("Cancel and pay $7.00").click();
    await rider.heading("Cancelled").waitFor();
    await rider.link("Receipt").click();
    await rider.page.getByText("Cancellation fee").waitFor();
    await rider.page.getByText("$7.00 was charged to your card.").waitFor();
    await rider.look("receipt-fee");
    await driver.stop();
  });

  test("a damaged battery is refused with advice, in French", async ({ openPhone }) => {
    const english = new RiderPhone(await openPhone({ at: CORNER }));
    await english.signUp({ name: "Cléo Roy", phone: "+14385550305", password: PASSWORD });
    await english.phone.visit("/me/preferences");
    await english.page.getByText("Français", { exact: true }).click();
    await english.heading("Réglages").waitFor();
    await english.look("preferences-fr");
    await english.phone.visit("/");
    await english.heading("Où êtes-vous?").waitFor();
    await english.button("Demander de l’aide ici").click();
    await english.button(/^Batterie endommagée/).click();
    await english.look("battery-fr");
    await english.page.getByRole("group", { name: "Est-elle gonflée ou déformée?" }).getByText("Oui").click();
    await english.page.getByText("Cette batterie peut prendre feu.").waitFor();
    await english.link("Appeler le 911").waitFor();
    await english.look("battery-refused-fr");
    expect(await english.button("Continuer").count()).toBe(0);
    await english.phone.visit("/request/review");
    await english.heading("La batterie est-elle sûre?").waitFor(); // no way around the questions
    await english.phone.visit("/me/privacy");
    await english.button("Préparer une copie").click();
    await english.page.getByText(/^Votre copie est prête/).waitFor();
    await english.phone.visit("/inbox");
    await english.page.getByText("La copie de vos données est prête").waitFor();
    await english.page.getByText(/^Vous pouvez la télécharger jusqu’au \d/).waitFor();
    await english.look("inbox-fr");
  });

  test("places, bikes, cards and the account on a narrow phone, in Spanish", async ({ openPhone }) => {
    const rider = new RiderPhone(await openPhone({ at: CORNER, size: { width: 320, height: 640 } }));
    await rider.signUp({ name: "Dora Sol", phone: "+14385550306", password: PASSWORD });
    await rider.look("home-narrow");
    await rider.phone.visit("/places");
    await rider.button("Add a place").click();
    await rider.field("Name").fill("Home");
    await rider.look("place-form");
    await rider.button("Save").click();
    await rider.page.getByRole("listitem", { name: "Home" }).waitFor();
    await rider.look("places");
    await rider.phone.visit("/cards");
    await rider.button("Add a card").click();
    await rider.page.getByRole("dialog").getByRole("button", { name: "Add a card" }).click();
    await rider.page.getByText("Visa ending in 4242").waitFor();
    await rider.look("cards");
    await rider.phone.visit("/me/preferences");
    await rider.page.getByText("Español", { exact: true }).click();
    for (const [path, title, name] of [
      ["/me", "Cuenta", "account"],
      ["/me/profile", "Nombre y número", "profile"],
      ["/me/security", "Seguridad", "security"],
      ["/me/privacy", "Sus datos", "privacy"],
      ["/me/driving", "Conducir con SupportCarr", "driving"],
      ["/bikes", "Bicicletas", "bikes"],
      ["/help", "Ayuda", "help"],
    ] as const) {
      await rider.phone.visit(path);
      await rider.heading(title).waitFor();
      await rider.look(`${name}-es`);
    }
  });
});
