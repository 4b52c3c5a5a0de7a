import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { AccountPage } from "./support/accountPage.ts";
import { demoCityAvailable, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { ScriptedRider } from "./support/driverPhone.ts";
import { ScriptedDriver } from "./support/scriptedDriver.ts";

interface Person {
  phone: string;
  password: string;
}

const PICKUP = { lat: 45.4455, lng: -73.7462 }; // a corner in which no simulated driver is nearer than ours

/** A rider who has just been driven home, and has not rated it. */
async function riderWithUnratedRescue(): Promise<Person> {
  const person = { phone: "+14385550801", password: "a long enough password" };
  const rider = await ScriptedRider.signUp(person.phone, "Rita Unrated");
  const driver = await ScriptedDriver.start("Dan Unrated", "+14385550802", "RAT 802", PICKUP);
  try {
    const id = await rider.ask(PICKUP);
    await driver.accept(id);
    await driver.step(id, "departure");
    await expect.poll(() => driver.step(id, "arrival").then(() => true, () => false), { timeout: 30_000 }).toBe(true);
    await driver.step(id, "start", { pin: (await rider.rescue(id)).pin });
    await driver.step(id, "completion", { outcome: "delivered" });
    await expect.poll(() => rider.status(id)).toBe("completed");
  } finally {
    await driver.stop();
  }
  return person;
}

describe.skipIf(!demoCityAvailable)("a rating", () => {
  test("is given on the account page, and a low one is hidden in the console", { timeout: 360_000 }, async ({ page, browser }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    const rider = await riderWithUnratedRescue();
    const account = await new AccountPage(page).visit("/account/sign-in");
    await account.signIn(rider);
    await account.greeting().waitFor();
    await account.link("Rides").click();
    const rate = account.button(/^Rate: /).last(); // the oldest: a ride that ends now may be rated at once
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
