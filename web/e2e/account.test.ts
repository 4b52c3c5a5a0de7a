import { readFileSync } from "node:fs";

import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { readCode } from "./support/demoCity.ts";
import { Phone, phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";
import { totpCode } from "./support/totp.ts";

const NEW_PASSWORD = "another password, just as long";
const NEW_PHONE = "+14385550143";
const PERSON = { name: "Ana Roy", phone: "+14385550142", password: "a long enough password" };
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** The code of the newest text message, once it is another one than before. */
async function nextCode(before = "", phone = PERSON.phone): Promise<string> {
  const { base } = getDemoCity();
  await expect.poll(() => readCode(base, phone).catch(() => before)).not.toBe(before);
  return readCode(base, phone);
}

describe.skipIf(!demoCityAvailable)("a person's account, on a phone", () => {
  test("from the sign-up to the deletion", async ({ phone, browser }) => {
    const rider = new RiderPhone(phone);
    const { page } = rider;
    await phone.visit("/sign-up");
    await rider.isUsable();

    // signs up, and confirms the number with the code from the sandbox
    await rider.fillSignUp(PERSON);
    await rider.field("6-digit code").waitFor();
    await rider.isUsable();
    await rider.link("Look around first").click();
    await phone.visit("/me");
    await page.getByText("Not confirmed").waitFor();
    await rider.link("Confirm your number").click();
    const first = await nextCode();
    await rider.field("6-digit code").fill(first === "000000" ? "111111" : "000000");
    await rider.button("Confirm number").click();
    await page.getByRole("alert").waitFor();
    await rider.field("6-digit code").fill(first);
    await rider.button("Confirm number").click();
    await rider.heading("Where are you?").waitFor();
    await phone.visit("/me");
    await page.getByText("Confirmed", { exact: true }).waitFor();
    await rider.isUsable();

    // a reload keeps the session, whose token no script can read
    await page.reload();
    await page.getByText(PERSON.name, { exact: true }).waitFor();
    expect(await page.evaluate(() => [document.cookie, ...[localStorage, sessionStorage].flatMap((stored) => Object.values(stored) as string[])].join())).not.toMatch(/token|ses_|eyJ/);

    // forgets the password, and resets it by SMS
    await rider.signOut();
    await rider.link("Forgotten your password?").click();
    await rider.field("Phone").fill(PERSON.phone);
    await rider.button("Send a code").click();
    await rider.field("6-digit code").waitFor();
    await rider.isUsable();
    await rider.field("6-digit code").fill(await nextCode(first));
    await rider.field("New password").fill(NEW_PASSWORD);
    await rider.button("Set new password").click();
    await page.getByText("Your new password is set.").waitFor();
    await rider.fillSignIn(PERSON);
    await page.getByRole("alert").waitFor(); // the old password is refused
    await rider.fillSignIn({ ...PERSON, password: NEW_PASSWORD });
    await rider.heading("Where are you?").waitFor();

    // ends the session of another device
    const other = new RiderPhone(await Phone.open(browser, { userAgent: FIREFOX }));
    await other.phone.visit("/sign-in");
    await other.fillSignIn({ ...PERSON, password: NEW_PASSWORD });
    await other.heading("Where are you?").waitFor();
    await phone.visit("/me/security");
    await rider.button("Sign out Firefox on Linux").click();
    await page.getByText("Firefox on Linux has been signed out.").waitFor();
    await rider.isUsable();
    await other.page.reload();
    await other.link("Sign in").waitFor();
    await other.phone.context.close();

    // sets up an authenticator app, and removes it again: the code that confirmed it still counts
    await rider.button("Set up the authenticator app").click();
    const secret = (await page.getByTestId("totp-secret").textContent())?.replaceAll(" ", "") ?? "";
    await rider.isUsable();
    await rider.field("Enter the code that the app shows now").fill(totpCode(secret));
    await rider.button("Confirm").click();
    await rider.field("I have saved these codes").check();
    await rider.button("Done").click();
    await rider.button("Remove the app…").click();
    await rider.isUsable();
    await rider.button("Remove the app").click();
    await page.getByText("Your authenticator app has been removed.").waitFor();
    await rider.fillSignIn({ ...PERSON, password: NEW_PASSWORD }); // without a code
    await rider.heading("Where are you?").waitFor();
    await phone.visit("/me/security");
    await rider.button("Set up the authenticator app").waitFor();

    // says what to be called and how far things are, and moves the account to another number
    await phone.visit("/me/preferences");
    await page.getByText("Miles", { exact: true }).click();
    await page.getByText("Saved.", { exact: true }).waitFor();
    await page.reload();
    await expect.poll(() => rider.field("Miles").isChecked()).toBe(true);
    await phone.visit("/me/profile");
    await rider.field("Name").fill("Ana Roy Diaz");
    await rider.button("Save").click();
    await page.getByText("Saved.", { exact: true }).waitFor();
    await rider.button("Change number").click();
    await rider.field("New number").fill(NEW_PHONE);
    await rider.isUsable();
    await rider.button("Send a code").click();
    await rider.field("6-digit code").fill(await nextCode("", NEW_PHONE));
    await rider.button("Confirm number").click();
    await page.getByText(`Your number is now ${NEW_PHONE}.`).waitFor();
    await rider.link("Back").click();
    await page.getByText("Ana Roy Diaz", { exact: true }).waitFor();

    // downloads a copy of the data
    await phone.visit("/me/privacy");
    await rider.button("Prepare a copy").click();
    const downloading = page.waitForEvent("download");
    await rider.button("Download").click();
    const file = await (await downloading).path();
    expect(readFileSync(file).subarray(0, 2).toString()).toBe("PK"); // a ZIP
    expect(readFileSync(file).includes("account")).toBe(true);

    // deletes the account, changes the mind, and deletes it again
    for (const keeps of [true, false]) {
      await rider.button("Delete my account").click();
      await rider.isUsable();
      await page.getByRole("dialog").getByRole("button", { name: "Delete my account" }).click();
      await page.getByText("Your account will be deleted.").waitFor();
      await rider.fillSignIn({ phone: NEW_PHONE, password: NEW_PASSWORD });
      await rider.heading("Where are you?").waitFor();
      await phone.visit("/me/privacy");
      await page.getByText(/will be deleted on/).waitFor();
      if (!keeps) break;
      await rider.button("Keep my account").click();
      await page.getByText("Your account stays.", { exact: true }).waitFor();
    }
  });

  test("links to the former account page lead to the apps, with what follows the #", async ({ phone }) => {
    const { page } = phone;
    for (const [former, path] of [["/account/reset#code", "/reset"], ["/account/sign-up", "/sign-up"], ["/account", "/welcome"]] as const) {
      await phone.visit(former);
      await page.waitForURL((url) => url.pathname === path);
    }
    await phone.visit("/account/reset#123456");
    expect(new URL(page.url()).hash).toBe("#123456");
  });
});
