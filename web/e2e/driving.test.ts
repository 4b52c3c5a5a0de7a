import { describe } from "vitest";

import { demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { signUp } from "./support/demoCity.ts";
import { DriverPhone } from "./support/driverPhone.ts";
import { phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";

const inYears = (years: number): string => `${new Date().getFullYear() + years}-06-01`;
const PERSON = { phone: "+14385550155", password: "a long enough password", name: "Ari Applicant", role: "rider" };

describe.skipIf(!demoCityAvailable)("a rider", () => {
  test("applies to drive, adds a vehicle, and sees what is missing", async ({ openPhone }) => {
    const phone = await openPhone({ size: { width: 320, height: 700 } });
    await signUp(getDemoCity().base, PERSON);
    const rider = new RiderPhone(phone);
    await rider.signIn(PERSON);
    await phone.visit("/account/driving"); // where the account page had it
    await rider.isUsable();
    await rider.button("Apply to drive").click();

    // The driver's app has a session of its own.
    const driver = new DriverPhone(phone);
    await driver.link("Sign in").click();
    await rider.fillSignIn(PERSON);
    await driver.heading("Not complete yet").waitFor();
    await phone.visit("/driver/apply");
    await driver.page.getByText("Still missing: dates of your licence, dates of your insurance, a vehicle.").waitFor();
    await rider.isUsable();

    await driver.link(/^Licence and insurance/).click();
    await driver.field("Class of your licence").fill("5");
    await driver.field("Licence valid until").fill(inYears(3));
    await driver.field("Insurer of the vehicle").fill("Desjardins");
    await driver.field("Insurance valid until").fill(inYears(2));
    await driver.button("Save").click();
    await driver.page.getByText("Still missing: a vehicle.").waitFor();

    await driver.link(/^Vehicle Missing/).click();
    await driver.link("Add a vehicle").click();
    for (const [label, value] of Object.entries({ Make: "Ford", Model: "F-150", Colour: "blue", Plate: "ABC 123" })) await driver.field(label).fill(value);
    await rider.isUsable();
    await driver.button("Save").click();
    await driver.link(/ABC 123/).waitFor();
    await phone.visit("/driver/apply");
    await driver.button("Submit the application").click();
    await driver.page.getByText("Submitted", { exact: true }).waitFor();

    await phone.visit("/driver/vehicles");
    await driver.link(/ABC 123/).click();
    await driver.button("Remove this vehicle").click();
    await driver.page.getByRole("alertdialog").getByRole("button", { name: "Remove this vehicle" }).click();
    await driver.page.getByText("No vehicles yet").waitFor();
    await phone.visit("/driver/apply");
    await driver.page.getByText("Still missing: a vehicle.").waitFor();
  });
});
