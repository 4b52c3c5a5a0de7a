import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { AccountPage } from "./support/accountPage.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { requestJson } from "./support/demoCity.ts";

interface Person {
  phone: string;
  password: string;
}

interface Completed {
  id: string;
  rider_id: string;
}

/** A simulated rider who has been driven home, and has not rated it: three of ten never do. */
async function riderWithUnratedRescue(): Promise<Person> {
  const { base, riders, tokens } = getDemoCity();
  const people = new Map<string, Person & { token: string }>();
  for (const rider of riders) {
    const signedIn = await requestJson<{ user: { id: string }; access_token: string }>(base, "/auth/sign-in", { body: rider });
    people.set(signedIn.user.id, { ...rider, token: signedIn.access_token });
  }
  const isRated = async ({ id }: Completed, token: string) => Boolean((await requestJson<{ mine?: unknown }>(base, `/rescues/${id}/ratings`, { token })).mine);
  const unratedSince = new Map<string, number>();
  const find = async () => {
    const { items } = await requestJson<{ items: Completed[] }>(base, "/admin/rescues?status=completed&area=montreal", { token: tokens.access_token });
    const latest = new Map(items.toReversed().map((rescue) => [rescue.rider_id, rescue]));
    for (const [riderId, rescue] of latest) {
      const rider = people.get(riderId);
      if (!rider || (await isRated(rescue, rider.token))) continue;
      const since = unratedSince.get(rescue.id) ?? Date.now();
      unratedSince.set(rescue.id, since);
      if (Date.now() - since > 10_000) return rider; // a simulated rider who rates does it at once
    }
    return undefined;
  };
  let found: Person | undefined;
  await expect.poll(async () => (found = await find()), { timeout: 240_000, interval: 2_000 }).toBeDefined();
  if (!found) throw new Error("every completed rescue has been rated");
  return { phone: found.phone, password: found.password };
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
