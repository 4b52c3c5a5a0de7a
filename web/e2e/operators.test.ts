import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { requestJson, signUp } from "./support/demoCity.ts";
import { totpCode } from "./support/totp.ts";

describe.skipIf(!demoCityAvailable)("an operator", () => {
  test("removes the authenticator app, and sets up another at the next sign-in, before anything else", async ({ page }) => {
    const { support } = getDemoCity();
    const console = await new ConsolePage(page).visit("/admin/account");
    await console.signIn(support);
    await console.button("Use another app…").click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove the app" }).click();
    await console.confirmStepUp(support.totp_secret);
    await page.getByRole("status").filter({ hasText: "Your authenticator app has been removed" }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await console.signIn({ phone: support.phone, password: support.password });
    await page.getByRole("heading", { name: "Set up your authenticator app" }).waitFor();
    await console.button("Set up the authenticator app").click();
    const secret = (await page.getByTestId("totp-secret").textContent())?.replaceAll(" ", "") ?? "";
    await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByLabel("Enter the code that the app shows now").fill(totpCode(secret));
    await console.button("Confirm").click();
    const recoveryCodes = page.getByRole("list", { name: "Save your recovery codes" }).getByRole("listitem");
    await recoveryCodes.first().waitFor();
    expect(await recoveryCodes.count()).toBe(10);
    const recoveryCode = await recoveryCodes.first().textContent();
    await page.getByLabel("I have saved these codes").check();
    await console.button("Done").click();
    await page.getByText("This device", { exact: true }).waitFor(); // the page that was opened

    // without the phone, a recovery code signs in, once
    await console.button("Sign out").click();
    await page.getByLabel("Phone").fill(getDemoCity().support.phone);
    await page.getByLabel("Password", { exact: true }).fill(getDemoCity().support.password);
    await console.button("Sign in").click();
    await console.button("Use a recovery code instead").click();
    await page.getByLabel("Recovery code").fill(recoveryCode ?? "");
    await console.button("Confirm").click();
    await console.connection("Live").waitFor();
  });

  test("finds in the audit log what was done, by filters that are in the URL", async ({ page }) => {
    const console = await new ConsolePage(page).enter();
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("table", { name: "Audit log" }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByLabel("Action").fill("users.no_such_action");
    await console.button("Filter").click();
    await page.getByText("No entries.").waitFor();
    expect(new URL(page.url()).searchParams.get("action")).toBe("users.no_such_action");
    await console.button("Clear").click();
    await expect.poll(() => new URL(page.url()).search).not.toContain("action");
  });

  test("bans a person with a reason and a fresh code, and lifts the ban", async ({ page }) => {
    const { base } = getDemoCity();
    const body = { phone: "+14385550188", password: "a long enough password", name: "Bo Banned", role: "rider" };
    const { user } = await requestJson<{ user: { id: string } }>(base, "/auth/sign-up", { body });
    const console = await new ConsolePage(page).enter();
    await page.getByRole("link", { name: "Users" }).click();
    await page.getByRole("button", { name: /^Change the roles of/ }).first().waitFor(); // the operators
    await page.getByLabel("Phone number or account id").fill(user.id);
    await console.button("Find").click();
    await console.button("Ban Bo Banned").click();
    await page.getByLabel("Reason").fill("Threatened a driver");
    await page.getByRole("dialog").getByRole("button", { name: "Ban" }).click();
    await page.getByRole("dialog", { name: "Confirm with a fresh code" }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await console.confirmStepUp();
    const card = page.getByRole("listitem", { name: "Bo Banned" });
    await card.getByText("Banned", { exact: true }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await console.button("Lift the ban of Bo Banned").click();
    await page.getByRole("dialog").getByRole("button", { name: "Lift the ban" }).click(); // the code still counts
    await console.button("Ban Bo Banned").waitFor();
  });

  test("resets the authenticator app of somebody who has lost it, with a fresh code", async ({ page }) => {
    const { base } = getDemoCity();
    const person = { phone: "+14385550133", password: "a long enough password", name: "Lou Lost", role: "rider" };
    const token = await signUp(base, person);
    const { secret } = await requestJson<{ secret: string }>(base, "/auth/totp", { token, body: {} });
    await requestJson(base, "/auth/totp/confirmation", { token, body: { code: totpCode(secret) } });
    const { id } = await requestJson<{ id: string }>(base, "/me", { token });
    const signIn = () => requestJson(base, "/auth/sign-in", { body: { phone: person.phone, password: person.password } }).then(() => "signed in", String);
    expect(await signIn()).toMatch(/totp_code_required/);

    const console = new ConsolePage(page);
    await console.signInBefore();
    await console.visit(`/admin/users?q=${id}`);
    await console.button("Reset app… of Lou Lost").click();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("dialog").getByRole("button", { name: "Remove the app" }).click();
    await console.confirmStepUp();
    await page.getByText("The authenticator app has been removed.").waitFor();
    expect(await signIn()).toBe("signed in");
  });
});
