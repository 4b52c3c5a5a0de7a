import { Buffer } from "node:buffer";

import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { requestJson, signUp } from "./support/demoCity.ts";
import { photograph } from "./support/papers.ts";
import { phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";

const PERSON = { phone: "+14385550144", password: "a long enough password", name: "Bea Biker", role: "rider" };
const AT = { latitude: 45.51234, longitude: -73.56789, accuracy: 12 };

describe.skipIf(!demoCityAvailable)("a rider", () => {
  test("keeps bikes, with a photo, and places", async ({ openPhone, browser }) => {
    const { base } = getDemoCity();
    const token = await signUp(base, PERSON);
    const rider = new RiderPhone(await openPhone({ at: AT, size: { width: 320, height: 700 } }));
    const { page } = rider;
    await rider.signIn(PERSON);
    await rider.phone.visit("/bikes");
    await page.getByText("No bikes yet").waitFor();
    await rider.isUsable();

    const dialog = page.getByRole("dialog");
    await rider.button("Add a bike").click();
    await dialog.getByLabel("Name").fill("The long one");
    await dialog.getByLabel("Type").selectOption("Cargo bike");
    await dialog.getByText("Make, weight and battery").click();
    await dialog.getByLabel("Weight in kg").fill("38.5");
    await dialog.getByLabel("The battery comes off").check();
    await rider.isUsable();
    await dialog.getByRole("button", { name: "Save" }).click();
    const bike = page.getByRole("listitem", { name: "The long one" });
    await bike.getByText("Cargo bike · 38.5 kg").waitFor();
    await rider.button("Edit The long one").click();
    await dialog.getByLabel("Make", { exact: true }).fill("Tern");
    await dialog.getByRole("button", { name: "Save" }).click();
    await bike.getByText("Cargo bike · Tern · 38.5 kg").waitFor();

    await rider.button("Edit The long one").click();
    const upload = dialog.locator("input[type=file]");
    await upload.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
    await dialog.getByText("Choose a photo: JPEG, PNG, WebP or HEIC.").waitFor();
    await upload.setInputFiles({ name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
    await expect.poll(() => dialog.getByRole("alert").textContent()).not.toContain("Choose a photo");
    await upload.setInputFiles({ name: "bike.jpg", mimeType: "image/jpeg", buffer: await photograph(browser, { title: "A long bike", lines: { Colour: "blue" } }) });
    await dialog.getByText("bike.jpg is uploaded.").waitFor();
    await rider.isUsable();
    await dialog.getByRole("button", { name: "Save" }).click();
    const photo = bike.locator("img");
    await photo.waitFor();
    await expect.poll(() => photo.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    await rider.isUsable();
    await rider.button("Edit The long one").click();
    await dialog.getByRole("button", { name: "Remove the photo" }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await photo.waitFor({ state: "detached" });
    await rider.button("Remove The long one").click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await bike.waitFor({ state: "detached" });

    await rider.phone.visit("/places");
    await page.getByText("No places yet").waitFor();
    await rider.button("Add a place").click();
    await rider.field("Name").fill("Home");
    await rider.button("Where I am now").click();
    await rider.field("Address").fill("12 Rue Berri");
    await rider.button("Save").click();
    const place = page.getByRole("listitem", { name: "Home" });
    await place.getByText("12 Rue Berri").waitFor();
    const { items } = await requestJson<{ items: { lat: number; lng: number }[] }>(base, "/me/places", { token });
    expect(items).toMatchObject([{ lat: AT.latitude, lng: AT.longitude }]);
    await rider.isUsable();
    await rider.button("Remove Home").click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await place.waitFor({ state: "detached" });
  });
});
