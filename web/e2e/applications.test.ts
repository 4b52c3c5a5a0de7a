import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { applicant } from "./support/applicants.ts";
import { demoCityAvailable, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { photograph } from "./support/papers.ts";

const IN_FIVE_YEARS = `${new Date().getFullYear() + 5}-06-01`;
const person = (name: string, number: string) => ({ phone: `+1438555${number}`, password: "a long enough password", name, role: "driver" });
const application = (page: Page, name: string) => page.getByRole("article", { name: `Application of ${name}` });
const waiting = (page: Page, name: string) => page.getByRole("navigation", { name: "Waiting" }).getByRole("button", { name });

/** Goes to an application with the keyboard alone, whatever else waits. */
async function goTo(page: Page, name: string): Promise<void> {
  await waiting(page, name).waitFor();
  const shown = () => page.getByRole("article").getAttribute("aria-label");
  for (let presses = 0; presses < 30; presses += 1) {
    const before = await shown();
    if (before === `Application of ${name}`) return;
    await page.keyboard.press("n");
    await expect.poll(shown).not.toBe(before); // a second press in the meantime would pass it over
  }
  expect(await shown()).toBe(`Application of ${name}`);
}

/** Moves the focus to a control with Tab, and operates it. */
async function tabTo(page: Page, name: string, key: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await page.getByRole("dialog").getByLabel(name, { exact: true }).evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press(key);
}

describe.skipIf(!demoCityAvailable)("applications", () => {
  test("are rejected with a reason, sent back and approved with the keyboard alone", async ({ page }) => {
    const rejected = await applicant(person("Rita Roy", "0671"), "REJ 171");
    const changed = await applicant(person("Chris Caron", "0672"), "CHG 172");
    const approved = await applicant(person("Ada Allard", "0673"), "APP 173");
    for (const one of [rejected, changed, approved]) await one.submit();

    await new ConsolePage(page).signInBefore();
    await new ConsolePage(page).visit("/admin/applications");
    await goTo(page, "Rita Roy");
    await page.getByText("REJ 171").waitFor();
    await page.getByRole("region", { name: "Keys" }).getByText("documents", { exact: true }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press("r");
    await page.getByRole("dialog", { name: "Reject the application of Rita Roy?" }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press("Enter"); // without a reason
    await page.getByText("Choose a reason, or write one below.").waitFor();
    await tabTo(page, "The documents belong to another person.", "Space");
    await page.keyboard.press("Enter");
    await page.getByRole("status").filter({ hasText: "The application of Rita Roy is rejected." }).waitFor();
    await application(page, "Rita Roy").waitFor({ state: "detached" });
    expect((await rejected.read()).decision).toMatchObject({ reason: "The documents belong to another person.", fields: [] });

    await goTo(page, "Chris Caron");
    await page.keyboard.press("c");
    await tabTo(page, "Insurer", "Space");
    await tabTo(page, "In your own words", "End");
    await page.keyboard.type("Write it as on the certificate.");
    await page.keyboard.press("Tab"); // to the button that sends it
    await page.keyboard.press("Enter");
    await page.getByRole("status").filter({ hasText: "Chris Caron has been told what to correct." }).waitFor();
    expect((await changed.read()).decision).toMatchObject({ reason: "Write it as on the certificate.", fields: ["insurer"] });

    await goTo(page, "Ada Allard");
    await page.keyboard.press("m");
    await page.getByRole("status").filter({ hasText: "Ada Allard sees that the application is in review." }).waitFor();
    expect((await approved.read()).state).toBe("in_review");
    await page.keyboard.press("a");
    await page.getByRole("status").filter({ hasText: "Ada Allard is approved." }).waitFor();
    expect((await approved.read()).state).toBe("approved");
    await waiting(page, "Ada Allard").waitFor({ state: "detached" });
  });

  test("show what the checks have found, and ask why the driver is approved all the same", async ({ page }) => {
    const driver = await applicant(person("Nora Consider", "0679"), "NOR 179"); // the emulator finds something by this name
    await driver.submit();

    await new ConsolePage(page).signInBefore();
    await new ConsolePage(page).visit(`/admin/applications?driver=${driver.id}`);
    const checks = application(page, "Nora Consider").getByRole("listitem").filter({ hasText: "Look closer" });
    await checks.filter({ hasText: "Background check" }).waitFor();
    await checks.filter({ hasText: "Two entries in the records need a look." }).first().waitFor();
    await page.keyboard.press("a");
    const dialog = page.getByRole("dialog", { name: "Approve Nora Consider all the same?" });
    await dialog.getByText("Background check: Look closer.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByLabel("Why you approve all the same").fill("Two parking fines, long paid.");
    await dialog.getByRole("button", { name: "Approve driver" }).click();
    await page.getByRole("status").filter({ hasText: "Nora Consider is approved." }).waitFor();
    expect(await driver.read()).toMatchObject({ state: "approved", decision: { reason: null } });
  });

  test("show each document beside what was stated, to be looked at closely and decided one by one", async ({ page, browser }) => {
    const driver = await applicant(person("Zoé Tremblay", "0675"), "ZOE 175");
    const licence = await photograph(browser, { title: "PERMIS DE CONDUIRE", lines: { Name: "Zoé Tremblay", Number: "T6512-120985-03", Class: "5", Expires: IN_FIVE_YEARS } });
    const insurance = await photograph(browser, { title: "ASSURANCE", lines: { Insurer: "Desjardins", Expires: IN_FIVE_YEARS }, colour: "#dcfce7" });
    await driver.upload("licence", licence, { expires_on: IN_FIVE_YEARS, number: "T6512-120985-03" });
    await driver.upload("insurance", insurance, { expires_on: IN_FIVE_YEARS });
    await driver.submit();

    await new ConsolePage(page).signInBefore();
    await new ConsolePage(page).visit(`/admin/applications?driver=${driver.id}`);
    const step = (name: string) => page.getByRole("list", { name: "Steps of the review" }).getByRole("button", { name, exact: true });
    const viewer = page.getByRole("group", { name: /^Licence of Zoé Tremblay/ });
    const picture = viewer.getByRole("img", { name: "Licence of Zoé Tremblay" });
    await picture.waitFor();
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    await page.getByText("T6512-120985-03").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press("+");
    await expect.poll(() => viewer.getAttribute("data-zoom")).toBe("1.40");
    await page.keyboard.press("t");
    await expect.poll(() => picture.evaluate((image) => image.style.transform)).toContain("rotate(90deg)");
    await page.keyboard.press("a");
    await page.getByRole("status").filter({ hasText: "Licence approved." }).waitFor();

    await page.getByRole("img", { name: "Insurance of Zoé Tremblay" }).waitFor();
    await driver.approveDocument("insurance");
    await page.keyboard.press("r");
    await tabTo(page, "Part of the document is cut off.", "Space");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("Another operator has decided about this document meanwhile: Approved.").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await step("Approved Insurance").waitFor();
    await page.keyboard.press("r");
    await tabTo(page, "Part of the document is cut off.", "Space");
    await page.keyboard.press("Enter");
    await page.getByRole("status").filter({ hasText: "Insurance rejected." }).waitFor();
    await page.getByRole("region", { name: "Decision" }).getByText("Part of the document is cut off.").waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByText("Rejected: Part of the document is cut off.").waitFor();
    await step("Approved Licence").waitFor();
    await page.setViewportSize({ width: 390, height: 780 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("that another operator has decided meanwhile are not decided again, and what was written stays", async ({ page }) => {
    const contested = await applicant(person("Mona Morin", "0674"), "MNA 174");
    await contested.submit();
    await new ConsolePage(page).signInBefore();
    await new ConsolePage(page).visit(`/admin/applications?driver=${contested.id}`);
    await application(page, "Mona Morin").waitFor();
    await contested.reject("The licence is not genuine.");
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Licence class", { exact: true }).check();
    await dialog.getByLabel("In your own words").fill("Which class is it?");
    await dialog.getByRole("button", { name: "Request changes" }).click();
    await dialog.getByText("Another operator has decided meanwhile").waitFor();
    await dialog.getByText("The licence is not genuine.").waitFor();
    expect(await dialog.getByLabel("In your own words").inputValue()).toBe("Which class is it?");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await application(page, "Mona Morin").getByRole("alert").getByText("Your decision was not saved.").waitFor();
    expect((await contested.read()).decision).toMatchObject({ reason: "The licence is not genuine." });

    await page.setViewportSize({ width: 390, height: 780 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Switch to the dark theme" }).click();
    await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
    expect(await seriousViolations(page)).toEqual([]);
  });
});
