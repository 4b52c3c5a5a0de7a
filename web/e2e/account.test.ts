import { readFileSync } from "node:fs";

import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { AccountPage } from "./support/accountPage.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { seriousViolations } from "./support/accessibility.ts";
import { readCode } from "./support/demoCity.ts";
import { totpCode } from "./support/totp.ts";

const PHONE = { width: 390, height: 844 };
const NEW_PASSWORD = "another password, just as long";
const NEW_PHONE = "+14385550143";
const PERSON = { name: "Ana Roy", phone: "+14385550142", password: "a long enough password" };

/** The code of the newest text message, once it is another one than before. */
async function nextCode(before = "", phone = PERSON.phone): Promise<string> {
  const { base } = getDemoCity();
  await expect.poll(() => readCode(base, phone).catch(() => before)).not.toBe(before);
  return readCode(base, phone);
}

async function isUsable(page: Page): Promise<void> {
  expect(await seriousViolations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0); // no sideways scrolling
}

describe.skipIf(!demoCityAvailable)("a person's account, on a phone", () => {
  test("from the sign-up to the deletion", async ({ page, browser }) => {
    await page.setViewportSize(PHONE);
    const account = await new AccountPage(page).visit();
    await isUsable(page);

    // signs up, and confirms the number with the code from the sandbox
    await account.link("Create an account").click();
    await isUsable(page);
    await account.signUp(PERSON);
    await page.getByText("Number not confirmed").waitFor();
    const first = await nextCode();
    await account.field("6-digit code").fill(first === "000000" ? "111111" : "000000");
    await account.button("Confirm number").click();
    await account.region("Confirm your number").getByRole("alert").waitFor();
    await account.field("6-digit code").fill(first);
    await account.button("Confirm number").click();
    await page.getByText("Number confirmed").waitFor();
    await isUsable(page);

    // a reload keeps the session, whose token no script can read
    await page.reload();
    await account.greeting().waitFor();
    expect(await page.evaluate(() => [document.cookie, ...[localStorage, sessionStorage].flatMap((stored) => Object.values(stored) as string[])].join())).not.toMatch(/token|ses_|eyJ/);

    // forgets the password, and resets it by SMS
    await account.button("Sign out").click();
    await account.link("Forgotten your password?").click();
    await account.field("Phone").fill(PERSON.phone);
    await account.button("Send a code").click();
    await account.field("6-digit code").waitFor();
    await isUsable(page);
    await account.field("6-digit code").fill(await nextCode(first));
    await account.field("New password").fill(NEW_PASSWORD);
    await account.button("Set new password").click();
    await page.getByText("Your new password is set.").waitFor();
    await account.signIn(PERSON);
    await page.getByRole("alert").waitFor(); // the old password is refused
    await account.signIn({ ...PERSON, password: NEW_PASSWORD });
    await account.greeting().waitFor();

    // ends the session of another device
    const otherContext = await browser.newContext({ viewport: PHONE, userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" });
    const other = await new AccountPage(await otherContext.newPage()).visit();
    await other.signIn({ ...PERSON, password: NEW_PASSWORD });
    await other.greeting().waitFor();
    await page.reload();
    await account.button("Sign out Firefox on Linux").click();
    await page.getByText("Firefox on Linux has been signed out.").waitFor();
    await isUsable(page);
    await other.page.reload();
    await other.button("Sign in").waitFor();
    await otherContext.close();

    // sets up an authenticator app, and removes it again: the code that confirmed it still counts
    await account.button("Set up the authenticator app").click();
    const secret = (await page.getByTestId("totp-secret").textContent())?.replaceAll(" ", "") ?? "";
    await isUsable(page);
    await account.field("Enter the code that the app shows now").fill(totpCode(secret));
    await account.button("Confirm").click();
    await account.field("I have saved these codes").check();
    await account.button("Done").click();
    await account.button("Remove the app…").click();
    await isUsable(page);
    await account.button("Remove the app").click();
    await page.getByText("Your authenticator app has been removed.").waitFor();
    await account.signIn({ ...PERSON, password: NEW_PASSWORD }); // without a code
    await account.button("Set up the authenticator app").waitFor();

    // says what to be called, and moves the account to another number
    await account.field("Name").fill("Ana Roy Diaz");
    await account.field("Miles").check();
    await account.region("About you").getByRole("button", { name: "Save" }).click();
    await account.region("About you").getByText("Saved.").waitFor();
    await page.getByRole("heading", { name: "Hello, Ana Roy Diaz" }).waitFor();
    await account.button("Change number…").click();
    await account.field("New number").fill(NEW_PHONE);
    await isUsable(page);
    await account.button("Send a code").click();
    await account.field("6-digit code").fill(await nextCode("", NEW_PHONE));
    await account.button("Confirm number").click();
    await page.getByText(`Your number is now ${NEW_PHONE}.`).waitFor();

    // downloads a copy of the data
    await account.button("Prepare a copy").click();
    const downloading = page.waitForEvent("download");
    await account.button("Download").click();
    const file = await (await downloading).path();
    expect(readFileSync(file).subarray(0, 2).toString()).toBe("PK"); // a ZIP
    expect(readFileSync(file).includes("account")).toBe(true);

    // deletes the account, changes the mind, and deletes it again
    for (const keeps of [true, false]) {
      await account.button("Delete my account…").click();
      await isUsable(page);
      await account.button("Delete my account").click();
      await page.getByText("Your account will be deleted.").waitFor();
      await account.signIn({ phone: NEW_PHONE, password: NEW_PASSWORD });
      await account.region("Delete your account").getByText(/will be deleted on/).waitFor();
      if (!keeps) break;
      await account.button("Keep my account").click();
      await page.getByText("Your account stays.").waitFor();
    }
  });
});
