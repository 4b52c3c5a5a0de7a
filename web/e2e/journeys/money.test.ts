import { describe, expect } from "vitest";

import { demoCityAvailable } from "../support/browser.ts";
import { bringHome, knownDriver, knownRider, person } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { CARDS, type RiderApp } from "../support/riderApp.ts";

const VISA = { brand: "Visa", last4: "4242" };
const SECURE = { brand: "Visa", last4: "3184" };
const DRIVERS_SHARE = 0.8; // of a fee

/** Answers the bank, which asks on a page of its own whether it is the rider who pays. */
async function answerBank(rider: RiderApp, answer: "Yes, it is me" | "No"): Promise<void> {
  await rider.phase("confirmingCard");
  const opening = rider.phone.context.waitForEvent("page");
  await rider.link(rider.t.of("live.confirm.open")).click();
  const bank = await opening;
  await bank.getByRole("button", { name: answer, exact: true }).click();
  await bank.getByText("Done. You can close this page.").waitFor();
  await bank.close();
}

describe.skipIf(!demoCityAvailable)("what is paid, seen by both", () => {
  test("a declined card, then another one pays", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Dora Declined", "2201"), [{ plate: "DEC 201" }]);
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Rob Declined", "2202"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.withoutMoney, { brand: "Visa", last4: "0341" });
    await rider.request();
    await rider.phase("rejected");
    await rider.text(rider.t.of("phase.rejected.body", { reason: "card_declined" })).waitFor();
    await rider.look("declined", "axe");
    await rider.button(rider.t.of("live.again.open")).click();
    await rider.enterCard(CARDS.mastercard, { brand: "Mastercard", last4: "4444" });
    const price = await rider.price();
    const pay = await driver.accept(await rider.request());
    await bringHome(rider, driver);
    await rider.receiptOf(price);
    await driver.earned("fare", pay);
  });

  test("3-D Secure: not confirmed, no rescue; confirmed, a driver comes and is paid", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Dan Secure", "2203"), [{ plate: "SEC 203" }]);
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Ria Secure", "2204"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.secure, SECURE);
    await rider.request();
    await rider.phase("confirmingCard");
    await rider.look("confirm", "picture", "one");
    await answerBank(rider, "No");
    await rider.phase("rejected");
    await rider.button(rider.t.of("live.again.open")).click();
    const price = await rider.price();
    const id = await rider.request();
    await answerBank(rider, "Yes, it is me");
    await driver.accept(id);
    await bringHome(rider, driver);
    await rider.receiptOf(price);
  });

  test("a late cancellation: the fee is shown first and charged afterwards, and the driver gets a share", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Cora Cancelled", "2205"), [{ plate: "CAN 205" }]);
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Curt Cancels", "2206"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, VISA);
    const id = await rider.request();
    await rider.phase("searching");
    const fee = rider.dialog().getByText(rider.t.like("live.cancel.costs"));
    const costs = async (): Promise<boolean> => {
      await rider.button(rider.t.of("live.cancel.open")).click();
      await rider.dialog().getByText(rider.t.of("live.cancel.reason"), { exact: true }).waitFor();
      if (await fee.isVisible()) return true;
      await rider.page.keyboard.press("Escape");
      await rider.dialog().waitFor({ state: "detached" });
      return false;
    };
    expect(await costs()).toBe(false); // while nobody has accepted
    await driver.accept(id);
    await driver.depart();
    await rider.phase("enRoute");
    await expect.poll(costs, { interval: 1_000 }).toBe(true); // two minutes of the city after the acceptance
    await rider.look("cancel", "axe");
    const amount = /\$\d+\.\d\d/.exec((await fee.textContent()) ?? "")?.[0] ?? "";
    expect(amount).toBe("$7.00");
    await rider.dialog().getByText(rider.t.of("live.cancel.reasons.waiting_too_long")).click();
    await rider.dialog().getByRole("button", { name: rider.t.of("live.cancel.submitFee", { fee: amount }) }).click();
    await rider.phase("cancelled");
    await driver.heading(driver.t.of("job.end.cancelled.title")).waitFor();
    await driver.look("cancelled");
    await rider.receiptOf(amount);
    await rider.look("receipt-fee", "axe");
    await driver.earned("fee", `$${(Number(amount.slice(1)) * DRIVERS_SHARE).toFixed(2)}`);
  });

  test("a rider who does not come pays a fee, once ten minutes are over", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Nora Noshow", "2207"), [{ plate: "NOS 207" }]);
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Nick Noshow", "2208"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, VISA);
    await driver.accept(await rider.request());
    await driver.depart();
    await driver.arrive();
    await driver.more("noShow");
    await driver.dialog().getByRole("timer").waitFor();
    await driver.look("no-show", "axe");
    await driver.slide(driver.t.of("job.noShow.confirm"));
    await driver.heading(driver.t.of("job.end.no_show.title")).waitFor();
    await rider.phase("noShow");
    await driver.look("no-show-end", "axe");
    await rider.look("no-show", "axe");
    await rider.receiptOf("$10.00");
    await driver.earned("fee", `$${(10 * DRIVERS_SHARE).toFixed(2)}`);
  });
});
