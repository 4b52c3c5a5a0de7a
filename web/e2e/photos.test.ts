import { describe, expect } from "vitest";

import { seriousViolations } from "./support/accessibility.ts";
import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { request, requestJson } from "./support/demoCity.ts";
import { photograph } from "./support/papers.ts";
import { completedRide } from "./support/rides.ts";

const PEOPLE = {
  rider: { name: "Phil Photo", phone: "+14385550803" },
  driver: { name: "Dee Photo", phone: "+14385550804", plate: "PHO 804" },
};

describe.skipIf(!demoCityAvailable)("the photos of a rescue", () => {
  test("are in its detail, and can be looked at closely with the keyboard", async ({ page, browser }) => {
    const { base } = getDemoCity();
    const { id, rider: { token } } = await completedRide(PEOPLE);
    const picture = await photograph(browser, { title: "A bike with a bent wheel", lines: { Wheel: "bent" } });
    const body = { stage: "after", content_type: "image/jpeg", size: picture.length, damage: true, note: "The rear wheel is bent" };
    const { id: photoId, upload } = await requestJson<{ id: string; upload: { url: string; fields: Record<string, string> } }>(base, `/rescues/${id}/photos`, { token, body });
    const form = new FormData();
    for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
    form.append("file", new Blob([new Uint8Array(picture)], { type: "image/jpeg" }), "wheel.jpg");
    expect((await fetch(new URL(upload.url, base), { method: "POST", body: form })).ok).toBe(true);
    await request(base, `/rescues/${id}/photos/${photoId}/completion`, { method: "POST", token });
    const photos = async () => (await requestJson<{ items: { id: string; state: string }[] }>(base, `/rescues/${id}/photos`, { token })).items;
    await expect.poll(async () => (await photos()).find((photo) => photo.id === photoId)?.state).toBe("ready");

    const console = new ConsolePage(page);
    await console.signInBefore();
    await console.visit(`/admin/rescues/${id}`);
    await page.getByRole("button", { name: "After the ride, by the rider, Damage" }).click();
    const viewer = page.getByRole("group", { name: /^After the ride, by the rider/ });
    await viewer.getByRole("img").waitFor();
    await page.getByText("The rear wheel is bent").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await expect.poll(() => viewer.getByRole("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    await viewer.focus();
    await page.keyboard.press("+");
    await expect.poll(() => viewer.getAttribute("data-zoom")).toBe("1.40");
    await page.keyboard.press("0");
    await expect.poll(() => viewer.getAttribute("data-zoom")).toBe("1.00");
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  });
});
