import { describe, expect } from "vitest";

import { cameraPhoto } from "../support/cameraPhoto.ts";
import { demoCityAvailable, getDemoCity } from "../support/browser.ts";
import { killProcesses, requestJson } from "../support/demoCity.ts";
import { ScriptedRider } from "../support/driverPhone.ts";
import { person, SPOT } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { RiderApp } from "../support/riderApp.ts";

const PHOTOS = /\/rescues\/\w+\/photos$/;
const SLOW_BYTES = 4_000; // a second: minutes for what is sent

describe.skipIf(!demoCityAvailable)("a photo of the camera, on a bad line", () => {
  test("is made smaller, shows how far it is, goes on after the line broke and after its server died, and arrives once", async ({ openPhone, browser }) => {
    const pat = person("Pat Patience", "2801");
    const asking = await ScriptedRider.signUp(pat.phone, pat.name);
    const { city_time } = await requestJson<{ city_time: string }>(getDemoCity().base, "/clock");
    const id = await asking.ask({ lat: SPOT.latitude, lng: SPOT.longitude }, new Date(Date.parse(city_time) + 20 * 86_400_000)); // a booking does not end meanwhile
    const photo = await cameraPhoto(browser);
    const rider = new RiderApp(await openPhone({ at: SPOT, checked: false }));
    const { page } = rider;
    await rider.signIn(pat);
    await rider.phone.visit(`/rescues/${id}/photos`);
    await rider.text(rider.t.of("photos.none")).waitFor();

    const begun: { key: string | undefined; size: number }[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && PHOTOS.test(new URL(request.url()).pathname)) begun.push({ key: request.headers()["idempotency-key"], size: (request.postDataJSON() as { size: number }).size });
    });
    await page.route("**/uploads", (route) => route.abort("connectionreset"), { times: 1 });
    const line = await page.context().newCDPSession(page);
    await line.send("Network.enable");
    const setUploadSpeed = (bytes: number) => line.send("Network.emulateNetworkConditions", { offline: false, latency: 200, downloadThroughput: -1, uploadThroughput: bytes });
    await setUploadSpeed(SLOW_BYTES);
    await rider.addPhoto(rider.t.of("photos.add"), photo);
    await expect.poll(() => begun.length).toBeGreaterThan(1);
    const progress = page.getByRole("progressbar");
    const share = () => progress.getAttribute("aria-valuenow").then(Number);
    await expect.poll(share).toBeGreaterThan(0);
    await rider.look("photo-large", "picture", "one");
    const sent = await share();
    killProcesses(getDemoCity(), "api"); // Chromium sends the form again by itself, and tells the page nothing
    await expect.poll(share).toBeGreaterThan(sent);
    await setUploadSpeed(-1);
    await page.getByRole("img", { name: rider.t.of("photos.byYou") }).waitFor();
    expect(await asking.photos(id)).toHaveLength(1);
    expect(new Set(begun.map(({ key }) => key)).size).toBe(1);
    for (const { size } of begun) expect(size).toBeLessThan(photo.length / 2);
  });
});
