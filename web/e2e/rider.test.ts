import { describe, expect } from "vitest";

import { demoCityAvailable } from "./support/browser.ts";
import { phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";
import { ScriptedDriver } from "./support/scriptedDriver.ts";

const PASSWORD = "a long enough password";
// A corner of the city in which no simulated driver is nearer than ours.
const CORNER = { latitude: 45.4455, longitude: -73.7462, accuracy: 12 };
const NEARBY = { lat: 45.4478, lng: -73.7462 };

describe.skipIf(!demoCityAvailable)("the rider's app, on a phone", () => {
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
