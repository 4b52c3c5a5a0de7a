import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";
import { completedRide, RIDE_PASSWORD } from "./support/rides.ts";

const RIDER = { name: "Rita Unrated", phone: "+14385550801" };
const DRIVER = { name: "Dan Unrated", phone: "+14385550802", plate: "RAT 802" };

describe.skipIf(!demoCityAvailable)("a rating", () => {
  test("is given in the rider's app, and a low one is hidden in the console", async ({ openPhone, browser }) => {
    await completedRide({ rider: RIDER, driver: DRIVER });
    const rider = new RiderPhone(await openPhone());
    const { page } = rider;
    await rider.signIn({ ...RIDER, password: RIDE_PASSWORD });
    await rider.phone.visit("/rescues");
    await rider.link(/Flat tire Done/).click();
    await rider.link("Rate Dan").click();
    await page.getByText("Tap the stars").waitFor(); // nothing can be sent before
    expect(await rider.button("Send rating").count()).toBe(0);
    await rider.isUsable();
    await page.getByLabel("1 of 5 stars").check({ force: true });
    await page.getByText("Unsafe driving", { exact: true }).click();
    await rider.field("Anything else?").fill("Ran a red light.");
    await rider.isUsable();
    await rider.button("Send rating").click();
    await rider.page.getByText("You will see your driver's rating").or(page.getByText("Your driver's rating of you")).waitFor();
    await page.getByRole("img", { name: "1 of 5 stars" }).waitFor();

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
