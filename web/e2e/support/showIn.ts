import type { Language } from "@supportcarr/i18n/languages";
import type { Page } from "playwright-core";

/** Shows the page in that language, with what is open on it: as if the person had chosen it in another tab. */
export async function showIn(page: Page, language: Language): Promise<void> {
  await page.evaluate((chosen) => {
    localStorage.setItem("supportcarr.language", chosen);
    dispatchEvent(new StorageEvent("storage", { key: "supportcarr.language", newValue: chosen }));
  }, language);
  await page.locator(`html[lang=${language}]`).waitFor({ state: "attached" });
}
