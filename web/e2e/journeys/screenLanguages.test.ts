import { afterAll, describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity } from "../support/browser.ts";
import { phoneTest } from "../support/phone.ts";
import { CORNER, makeScreenPeople, type ScreenPeople } from "../support/screenPeople.ts";
import { faultsOf, faultsOnPhone, NARROW, PHONE, shown, ZOOMED } from "../support/screenTour.ts";

let making: Promise<ScreenPeople> | null = null;
/** Made once, by the first test that needs them. */
const getPeople = (): Promise<ScreenPeople> => (making ??= makeScreenPeople());

describe.skipIf(!demoCityAvailable)("every screen in every language loses nothing of its texts:", () => {
  afterAll(async () => (await making)?.stop());

  for (const [app, viewers] of [
    ["rider", ["nobody", "newcomer", "rider"]],
    ["driver", ["nobody", "applicant", "driver"]],
  ] as const) {
    phoneTest(`the ${app}'s app`, { timeout: 600_000 }, async ({ openPhone }) => {
      const people = await getPeople();
      const faults = await Promise.all(viewers.map((viewer) => faultsOnPhone(() => openPhone({ at: CORNER }), people, app, viewer, "languages")));
      expect(faults.flat()).toEqual([]);
    });
  }

  phoneTest("the shared page", async ({ openPhone }) => {
    const { belongings } = await getPeople();
    const { page } = await openPhone();
    const faults: string[] = [];
    for (const [name, token] of [["track", belongings.shareToken], ["track ended", "none"]] as const) {
      await page.goto(`${getDemoCity().base}/track#${token}`);
      if (name !== "track") await page.reload(); // another token is another page
      await shown(page, name === "track" ? /Denis/ : /link/i);
      faults.push(...(await faultsOf(page, name, { usual: PHONE, others: [NARROW, ZOOMED], touch: true }, "languages")));
    }
    expect(faults).toEqual([]);
  });
});
