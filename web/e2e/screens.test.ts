import { afterAll, describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { phoneTest } from "./support/phone.ts";
import { CORNER, makeScreenPeople, type ScreenPeople } from "./support/screenPeople.ts";
import { DESK, faultsOf, faultsOnPhone, follow, NARROW, PHONE, screensOf, shown, ZOOMED, ZOOMED_DESK } from "./support/screenTour.ts";

let making: Promise<ScreenPeople> | null = null;
/** Made once, by the first test that needs them. */
const getPeople = (): Promise<ScreenPeople> => (making ??= makeScreenPeople());

describe.skipIf(!demoCityAvailable)("every screen can be used by everybody:", () => {
  afterAll(async () => (await making)?.stop());

  for (const [app, viewers] of [
    ["rider", ["nobody", "newcomer", "rider"]],
    ["driver", ["nobody", "applicant", "driver"]],
  ] as const) {
    phoneTest(`the ${app}'s app`, async ({ openPhone }) => {
      const people = await getPeople();
      const faults = await Promise.all(viewers.map((viewer) => faultsOnPhone(() => openPhone({ at: CORNER }), people, app, viewer)));
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
      faults.push(...(await faultsOf(page, name, { usual: PHONE, others: [NARROW, ZOOMED], touch: true })));
    }
    expect(faults).toEqual([]);
  });

  test("the console", async ({ page }) => {
    const { belongings } = await getPeople();
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setViewportSize(DESK);
    await new ConsolePage(page).enter();
    const faults: string[] = [];
    for (const screen of screensOf("admin", "operator")) {
      const path = screen.path?.(belongings) ?? screen.route;
      await follow(page, `/admin${path === "/" ? "" : path}`);
      await shown(page, screen.heading);
      const name = `console ${screen.route}`;
      faults.push(...(await faultsOf(page, name, { usual: DESK, others: [ZOOMED_DESK, NARROW], touch: false })));
    }
    expect(faults).toEqual([]);
  });

  test("the console's sign-in", async ({ page }) => {
    const console = await new ConsolePage(page).visit();
    await console.phone().waitFor();
    expect(await faultsOf(page, "console sign-in", { usual: DESK, others: [ZOOMED_DESK, NARROW], touch: false })).toEqual([]);
  });
});
