import type { Page } from "playwright-core";
import { describe } from "vitest";

import { demoCityAvailable } from "../support/browser.ts";
import { bringHome, knownDriver, knownRider, person } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { CARDS } from "../support/riderApp.ts";

const HOUR_MS = 3_600_000;
const MANY = 44;
const PAGE = 30;
const UNREAD = 6;

interface Notified {
  id: string;
  at: string;
  read_at: string | null;
}

/** The inbox of somebody who has used the app for days: what the platform really told them, again and again, in two pages. */
async function fillInbox(page: Page): Promise<void> {
  await page.route("**/api/v1/me/notifications?**", async (route) => {
    const url = new URL(route.request().url());
    const from = Number(url.searchParams.get("cursor") ?? 0);
    url.searchParams.delete("cursor");
    const response = await route.fetch({ url: url.href });
    const { items } = (await response.json()) as { items: Notified[] };
    const told = Array.from({ length: MANY }, (_, index) => {
      const at = new Date(Date.now() - index * 5 * HOUR_MS).toISOString();
      return { ...items[index % items.length], id: `${index}`, at, read_at: index < UNREAD ? null : at };
    });
    await route.fulfill({ response, json: { items: told.slice(from, from + PAGE), next_cursor: from === 0 ? String(PAGE) : null } });
  });
}

describe.skipIf(!demoCityAvailable)("a long inbox", () => {
  test("has read and unread notifications by day, and more on demand", async ({ openPhone }) => {
    const driver = await knownDriver(openPhone, person("Ines Inbox", "2701"), [{ plate: "INB 701" }]);
    await driver.goOnline();
    const rider = await knownRider(openPhone, person("Ivo Inbox", "2702"));
    await rider.askForPrice();
    await rider.enterCard(CARDS.visa, { brand: "Visa", last4: "4242" });
    await driver.accept(await rider.request());
    await bringHome(rider, driver);
    for (const [app, path] of [[rider, "/inbox"], [driver, "/driver/inbox"]] as const) {
      await fillInbox(app.page);
      await app.phone.visit(path);
      const rows = app.page.getByRole("main").getByRole("listitem");
      await rows.nth(PAGE - 1).waitFor();
      await app.look("inbox-long", "axe");
      await app.lookBelow("inbox-long");
      await app.button(app.app === "rider" ? rider.t.of("inbox.more") : driver.t.of("inbox.more")).click();
      await rows.nth(MANY - 1).waitFor();
      await app.lookBelow("inbox-all");
    }
  });
});
