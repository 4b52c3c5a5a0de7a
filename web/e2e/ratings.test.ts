import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { AccountPage } from "./support/accountPage.ts";
import { demoCityAvailable, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { completedRide, RIDE_PASSWORD } from "./support/rides.ts";

const RIDER = { name: "Rita Unrated", phone: "+14385550801" };
const DRIVER = { name: "Dan Unrated", phone: "+14385550802", plate: "RAT 802" };

describe.skipIf(!demoCityAvailable)("a rating", () => {
  test("is given on the account page, and a low one is hidden in the console", async ({ page, browser }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await completedRide({ rider: RIDER, driver: DRIVER });
    const account = await new AccountPage(page).visit("/account/sign-in");
    await account.signIn({ ...RIDER, password: RIDE_PASSWORD });
    await account.greeting().waitFor();
    await account.link("Rides").click();
    const rate = account.button(/^Rate: /);
    await rate.waitFor();
    await account.region("How others rate you").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await rate.click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Send rating" }).click();
    await dialog.getByText("Choose how many stars.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByLabel("1 star: bad").check();
    await dialog.getByLabel("Unsafe driving").check();
    await dialog.getByLabel("Anything else?").fill("Ran a red light.");
    await dialog.getByRole("button", { name: "Send rating" }).click();
    await dialog.getByText("You will see the other side's rating").or(dialog.getByText("Their rating of you")).waitFor();
    expect(await dialog.getByRole("img", { name: "1 of 5 stars" }).isVisible()).toBe(true);
    await dialog.getByRole("button", { name: "Close" }).click();

    const office = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    const console = new ConsolePage(office);
    await console.signInBefore();
    await console.visit("/admin/ratings");
    const card = office.getByRole("listitem").filter({ hasText: "Ran a red light." });
    await card.getByText("Unsafe driving").waitFor();
    expect(await seriousViolations(office)).toEqual([]);
    await card.getByRole("button", { name: "Hide…" }).click();
    await office.getByLabel("Note").fill("A reviewed complaint");
    await office.getByRole("dialog").getByRole("button", { name: "Hide" }).click();
    await office.getByText("The rating has been hidden.").waitFor();
    await card.waitFor({ state: "detached" });
    await office.context().close();
  });
});
