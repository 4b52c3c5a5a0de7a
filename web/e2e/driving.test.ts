import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { AccountPage } from "./support/accountPage.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { signUp } from "./support/demoCity.ts";

const RIDER = { phone: "+14385550155", password: "a long enough password", name: "Ari Applicant", role: "rider" };

describe.skipIf(!demoCityAvailable)("a rider", () => {
  test("applies to drive, adds a vehicle, and sees what is missing", async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 700 });
    await signUp(getDemoCity().base, RIDER);
    const account = await new AccountPage(page).visit("/account/sign-in");
    await account.signIn(RIDER);
    await account.greeting().waitFor();
    await account.link("Driving").click();
    await account.button("Apply to drive").click();
    const application = account.region("Your application");
    await application.getByText("Still missing: licence, insurance, vehicle.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);

    await account.field("Class of your licence").fill("5");
    await account.field("Licence valid until").fill("2035-05-01");
    await account.field("Insurer of the vehicle").fill("Desjardins");
    await account.field("Insurance valid until").fill("2035-06-01");
    await application.getByRole("button", { name: "Save" }).click();
    await application.getByText("Saved.", { exact: true }).waitFor();
    await application.getByText("Still missing: vehicle.").waitFor();

    await account.button("Add a vehicle").click();
    const dialog = page.getByRole("dialog");
    for (const [label, value] of Object.entries({ Make: "Ford", Model: "F-150", Colour: "blue", Plate: "ABC 123" })) await dialog.getByLabel(label).fill(value);
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("listitem", { name: "ABC 123" }).waitFor();
    await application.getByText("Nothing is missing. Submit it, and an operator looks at it.").waitFor();
    await application.getByRole("button", { name: "Submit the application" }).click();
    await application.getByText("Submitted. An operator looks at it.").waitFor();
    await account.button("Remove ABC 123").click();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await page.getByText("No vehicles yet").waitFor();
    await application.getByText("Still missing: vehicle.").waitFor();
  });
});
