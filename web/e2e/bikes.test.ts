import { Buffer } from "node:buffer";

import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { AccountPage } from "./support/accountPage.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { signUp } from "./support/demoCity.ts";
import { photograph } from "./support/papers.ts";

const RIDER = { phone: "+14385550144", password: "a long enough password", name: "Bea Biker", role: "rider" };

describe.skipIf(!demoCityAvailable)("a rider", () => {
  test("keeps bikes, with a photo, and places", async ({ page, browser }) => {
    await page.setViewportSize({ width: 320, height: 700 });
    await page.context().grantPermissions(["geolocation"]);
    await page.context().setGeolocation({ latitude: 45.51234, longitude: -73.56789 });
    await signUp(getDemoCity().base, RIDER);
    const account = await new AccountPage(page).visit("/account/sign-in");
    await account.signIn(RIDER);
    await account.greeting().waitFor();
    await account.link("Bikes and places").click();
    await page.getByText("No bikes yet").waitFor();
    await page.getByText("No places yet").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);

    const dialog = page.getByRole("dialog");
    await account.button("Add a bike").click();
    await dialog.getByLabel("Name").fill("The long one");
    await dialog.getByLabel("Type").selectOption("Cargo bike");
    await dialog.getByLabel("Weight in kg").fill("38.5");
    await dialog.getByLabel("The battery comes off").check();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    const bike = page.getByRole("listitem", { name: "The long one" });
    await bike.getByText("Cargo bike · 38.5 kg").waitFor();
    await account.button("Edit The long one").click();
    await dialog.getByLabel("Make").fill("Tern");
    await dialog.getByRole("button", { name: "Save" }).click();
    await bike.getByText("Cargo bike · Tern · 38.5 kg").waitFor();

    await account.button("Edit The long one").click();
    const upload = dialog.locator("input[type=file]");
    await upload.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
    await dialog.getByText("Choose a photo: JPEG, PNG, WebP or HEIC.").waitFor();
    await upload.setInputFiles({ name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
    await expect.poll(() => dialog.getByRole("alert").textContent()).not.toContain("Choose a photo");
    await upload.setInputFiles({ name: "bike.jpg", mimeType: "image/jpeg", buffer: await photograph(browser, { title: "A long bike", lines: { Colour: "blue" } }) });
    await dialog.getByText("bike.jpg is uploaded.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    const photo = bike.getByRole("img", { name: "Photo of The long one" });
    await photo.waitFor();
    expect(await photo.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth > 0))).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    await account.button("Edit The long one").click();
    await dialog.getByRole("button", { name: "Remove the photo" }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await photo.waitFor({ state: "detached" });

    await account.button("Add a place").click();
    await dialog.getByLabel("Name").fill("Home");
    await dialog.getByRole("button", { name: "Use where I am now" }).click();
    await expect.poll(() => dialog.getByLabel("Latitude").inputValue()).toBe("45.51234");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("listitem", { name: "Home" }).getByText("45.51234, -73.56789").waitFor();
    expect(await seriousViolations(page)).toEqual([]);

    for (const name of ["The long one", "Home"]) {
      await account.button(`Remove ${name}`).click();
      await dialog.getByRole("button", { name: "Remove" }).click();
      await page.getByRole("listitem", { name }).waitFor({ state: "detached" });
    }
  });
});
