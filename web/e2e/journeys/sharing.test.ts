import { describe } from "vitest";

import { demoCityAvailable } from "../support/browser.ts";
import { knownDriver, knownRider, person, SPOT } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { CARDS } from "../support/riderApp.ts";
import { trackTexts } from "../support/texts.ts";

const VISA = { brand: "Visa", last4: "4242" };

describe.skipIf(!demoCityAvailable)("a shared rescue", () => {
  test("a friend follows a shared link without an account, until the rescue ends", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Shay Shared", "2405"), [{ plate: "SHA 405" }]);
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Sara Shares", "2406"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, VISA);
    await driver.accept(await rider.request());
    await rider.phase("assigned");
    const answering = rider.page.waitForResponse((response) => response.url().endsWith("/share-links") && response.request().method() === "POST");
    await rider.button(rider.t.of("live.actions.share")).click();
    const { url } = (await (await answering).json()) as { url: string };
    await rider.dialog().or(rider.text(rider.t.of("live.actions.linkCopied"))).first().waitFor(); // not every browser copies
    await rider.page.keyboard.press("Escape");
    const friend = await openPhone({ at: SPOT });
    await friend.page.goto(url);
    const follow = trackTexts("en");
    const status = (name: "assigned" | "en_route" | "in_transit" | "delivered") => friend.page.getByRole("status").filter({ hasText: follow.like(`status.${name}`) });
    await status("assigned").waitFor();
    await driver.depart();
    await status("en_route").waitFor();
    await friend.page.getByText(follow.like("follow.truck")).first().waitFor({ state: "attached" });
    await friend.page.getByText("SHA 405").waitFor();
    await friend.screenshot("journey-en-friend-en-route");
    await driver.arrive();
    await driver.start(await rider.pin());
    await status("in_transit").waitFor();
    await driver.deliver();
    await status("delivered").waitFor();
    await friend.page.locator("[data-testid=map]").waitFor({ state: "detached" });
    await friend.screenshot("journey-en-friend-delivered");
  });
});
