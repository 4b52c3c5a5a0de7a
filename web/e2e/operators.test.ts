import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { requestJson, signInWithCode } from "./support/demoCity.ts";
import { totpCode, withUnusedCode } from "./support/totp.ts";

/** Takes the support agent's second factor away, as it is before the first sign-in. */
async function removeSecondFactor(): Promise<void> {
  const { base, support } = getDemoCity();
  const { access_token } = await signInWithCode(base, support);
  const stepped = await withUnusedCode(support.totp_secret, (totp_code) =>
    requestJson<{ access_token: string }>(base, "/auth/step-up", { token: access_token, body: { totp_code } }).catch((error: unknown) => {
      if (String(error).includes("totp_code_wrong")) return null;
      throw error;
    }),
  );
  const response = await fetch(`${base}/api/v1/auth/totp`, { method: "DELETE", headers: { authorization: `Bearer ${stepped.access_token}` } });
  if (!response.ok) throw new Error(await response.text());
}

describe.skipIf(!demoCityAvailable)("an operator", () => {
  test("sets up an authenticator app at the first sign-in, before anything else", async ({ page }) => {
    await removeSecondFactor();
    const console = await new ConsolePage(page).visit("/admin/account");
    await console.signIn(getDemoCity().support);
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
    const { base, admin } = getDemoCity();
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
    const stepUp = page.getByRole("dialog", { name: "Confirm with a fresh code" });
    await stepUp.waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await withUnusedCode(admin.totp_secret, async (code) => {
      const response = page.waitForResponse((answer) => answer.url().endsWith("/auth/step-up"));
      await stepUp.getByLabel("6-digit code").fill(code);
      await stepUp.getByRole("button", { name: "Confirm" }).click();
      return (await response).ok() ? true : null;
    });
    const card = page.getByRole("listitem", { name: "Bo Banned" });
    await card.getByText("Banned", { exact: true }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await console.button("Lift the ban of Bo Banned").click();
    await page.getByRole("dialog").getByRole("button", { name: "Lift the ban" }).click(); // the code still counts
    await console.button("Ban Bo Banned").waitFor();
  });
});
