import { beforeAll, describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { requestJson, signUp } from "./support/demoCity.ts";
import { DriverPhone, ScriptedRider } from "./support/driverPhone.ts";
import { photograph } from "./support/papers.ts";
import { type Phone, phoneTest as test } from "./support/phone.ts";
import { RiderPhone } from "./support/riderPhone.ts";
import { ScriptedDriver } from "./support/scriptedDriver.ts";

const RIDER = { phone: "+14385550171", password: "a long enough password", name: "Robin Offline", role: "rider" };
const DRIVER = { ...RIDER, phone: "+14385550172", role: "driver" };

async function signIn({ page }: Phone, { phone, password }: typeof RIDER): Promise<void> {
  await page.getByLabel("Phone").fill(phone);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
}

const PASSWORD = "a long enough password";
const CORNER = { lat: 45.4465, lng: -73.7462 }; // a corner in which no simulated driver is nearer than ours

/** Lets the next request to that path reach the platform, but its response is lost; returns how many were sent so far. */
async function loseResponse({ page }: Phone, path: string): Promise<() => number> {
  let sent = 0;
  await page.route(`**/api/v1${path}`, async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    sent += 1;
    if (sent > 1) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  return () => sent;
}

/** Waits until the app's own worker answers for the page. */
async function waitForShell({ page }: Phone, scope: string): Promise<void> {
  await page.waitForFunction((path) => new URL(navigator.serviceWorker.controller?.scriptURL ?? location.href).pathname === `${path}sw.js`, scope);
}

/** In each page: `registered` is there once the app has registered its worker. */
function noteRegistration(): void {
  const { serviceWorker } = navigator;
  const register = serviceWorker.register.bind(serviceWorker);
  serviceWorker.register = async (...given) => {
    const registration = await register(...given);
    Object.assign(window, { registered: true });
    return registration;
  };
}

/** The last states of persons that the phone keeps, each as JSON. */
const savedStates = ({ page }: Phone, app: string): Promise<string[]> =>
  page.evaluate(async (name) => {
    if (!(await indexedDB.databases()).some((database) => database.name === name)) return []; // to open it would make it
    return new Promise<string[]>((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onerror = () => reject(new Error("the database does not open"));
      opening.onsuccess = () => {
        const states = opening.result.transaction("states").objectStore("states").getAll();
        states.onsuccess = () => {
          opening.result.close();
          resolve(states.result.map((state) => JSON.stringify(state)));
        };
      };
    });
  }, `supportcarr-${app}-pwa`);

/** Waits until the last state that the phone keeps has all of these words. */
async function waitUntilSaved(phone: Phone, app: "rider" | "driver", words: string[]): Promise<void> {
  const missing = async () => {
    const saved = (await savedStates(phone, app)).join();
    return words.filter((word) => !saved.includes(word));
  };
  await expect.poll(missing).toEqual([]);
}

describe.skipIf(!demoCityAvailable)("without a connection", () => {
  beforeAll(async () => {
    await Promise.all([RIDER, DRIVER].map((person) => signUp(getDemoCity().base, person)));
  });

  test("the rider's app opens with its person, and not after a sign-out", async ({ phone }) => {
    await phone.visit("/sign-in");
    await signIn(phone, RIDER);
    await waitForShell(phone, "/");
    await phone.visit("/rescues");
    await expect.poll(() => savedStates(phone, "rider")).toHaveLength(1);

    await phone.goOffline();
    await phone.page.reload();
    await phone.page.getByRole("heading", { level: 1 }).waitFor();
    expect(new URL(phone.page.url()).pathname).toBe("/rescues");

    await phone.goOnline();
    await phone.page.getByRole("link", { name: "Account" }).click();
    await phone.page.getByRole("button", { name: "Sign out" }).click();
    await phone.page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
    await phone.page.waitForURL((url) => url.pathname === "/sign-in");
    await expect.poll(() => savedStates(phone, "rider")).toEqual([]);
    await phone.goOffline();
    await phone.visit("/rescues");
    await phone.page.waitForURL((url) => url.pathname === "/welcome"); // whose they were is forgotten too
  });

  test("the rider's worker leaves what is not its own to the server", async ({ phone }) => {
    await phone.visit("/sign-in");
    await waitForShell(phone, "/");
    await phone.goOffline();
    for (const path of ["/docs", "/sandbox", "/admin", "/track", "/driver/", "/config.json", "/api/v1/me"]) {
      await expect(phone.page.goto(`${getDemoCity().base}${path}`)).rejects.toThrow("ERR_INTERNET_DISCONNECTED");
    }
    const page = await phone.context.newPage(); // after an error page, which is still being shown
    await page.goto(`${getDemoCity().base}/help`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  });

  test("the driver's app opens too, with a worker of its own", async ({ phone }) => {
    await phone.visit("/driver/sign-in");
    await signIn(phone, DRIVER);
    await waitForShell(phone, "/driver/");
    await expect.poll(() => savedStates(phone, "driver")).toHaveLength(1);
    await phone.goOffline();
    await phone.page.reload();
    await phone.page.getByRole("heading", { level: 1 }).waitFor();
    await phone.goOnline();
  });

  test("a new version is offered, and a press changes to it", async ({ phone }) => {
    await phone.visit("/sign-in");
    await waitForShell(phone, "/");
    // Another version has another script.
    await phone.page.evaluate(async () => {
      await navigator.serviceWorker.register("/sw.js?next", { scope: "/" });
    });
    const update = phone.page.getByRole("button", { name: "Update" });
    await update.waitFor();
    const reloaded = phone.page.waitForEvent("load");
    await update.click();
    await reloaded;
    await phone.page.getByLabel("Phone").waitFor();
    await expect.poll(() => phone.page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toMatch(/\?next$/);
  });

  test("in the middle of a rescue a new version waits in both apps until it is pressed, and the rescue goes on", async ({ openPhone }) => {
    const rider = await ScriptedRider.signUp("+14385550177", "Una Updates");
    const scripted = await ScriptedDriver.start("Udo Updates", "+14385550178", "UPD 178", CORNER);
    const at = { latitude: CORNER.lat, longitude: CORNER.lng, accuracy: 8 };
    const riding = new RiderPhone(await openPhone({ at }));
    const driving = new DriverPhone(await openPhone({ at }));
    // Each page registers its worker some time after it was loaded, and would take ours for the older version then.
    for (const { phone } of [riding, driving]) await phone.context.addInitScript(noteRegistration);
    await riding.signIn({ phone: "+14385550177", password: PASSWORD });
    await waitForShell(riding.phone, "/");
    const id = await rider.ask(CORNER);
    await scripted.accept(id);
    await driving.phone.visit("/driver/sign-in");
    await signIn(driving.phone, { ...DRIVER, phone: "+14385550178" });
    await waitForShell(driving.phone, "/driver/");
    await riding.phone.visit(`/rescues/${id}`);
    await riding.page.getByText("UPD 178").waitFor();
    await driving.phone.visit(`/driver/job/${id}`);
    await driving.button("I am leaving now").waitFor();
    for (const [{ page }, scope] of [[riding, "/"], [driving, "/driver/"]] as const) {
      await page.waitForFunction(() => "registered" in window);
      await page.evaluate(async (path) => {
        Object.assign(window, { notLoadedAgain: true });
        await navigator.serviceWorker.register(`${path}sw.js?next`, { scope: path });
      }, scope);
      await page.getByRole("button", { name: "Update" }).waitFor();
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))); // the app looks for versions then
    }

    // The rescue goes on under the notice, in the version with which it began.
    await driving.button("I am leaving now").click();
    await driving.button("Slide: I am here").waitFor();
    await riding.heading(/away$/).waitFor();
    for (const { page } of [riding, driving]) {
      expect(await page.evaluate(() => "notLoadedAgain" in window)).toBe(true);
      expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toMatch(/sw\.js$/);
      await page.getByRole("button", { name: "Update" }).waitFor();
    }

    await driving.button("Later").click();
    await driving.button("Update").waitFor({ state: "detached" });
    await scripted.stop(); // from now on the phone alone says where it is
    await driving.slide("Slide: I am here");
    await driving.button("Loaded: enter the PIN").waitFor();
    const loaded = riding.page.waitForEvent("load");
    await riding.button("Update").click();
    await loaded;
    await riding.heading("Udo is here").waitFor();
    await expect.poll(() => riding.page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toMatch(/\?next$/);
    expect(await driving.page.evaluate(() => "notLoadedAgain" in window)).toBe(true);
    await rider.cancel(id).catch(() => undefined); // nobody waits for them any more
  });

  test("a rider's cancellation is kept, survives a reload, and is carried out once though its response is lost", async ({ phone }) => {
    const { base } = getDemoCity();
    const rider = await ScriptedRider.signUp("+14385550173", "Kim Keeps");
    const { city_time } = await requestJson<{ city_time: string }>(base, "/clock");
    const id = await rider.ask(CORNER, new Date(Date.parse(city_time) + 20 * 86_400_000)); // a booking does not end meanwhile
    const app = new RiderPhone(phone);
    await app.signIn({ phone: "+14385550173", password: PASSWORD });
    await waitForShell(phone, "/");
    await phone.visit(`/rescues/${id}`);
    await app.button("Cancel the booking").waitFor();
    await waitUntilSaved(phone, "rider", [id, '"status":"scheduled"', '"timeline"']); // what the screen shows

    await phone.goOffline();
    await phone.page.getByText(/^As it was at /).waitFor();
    await app.button("Cancel the booking").click();
    const dialog = phone.page.getByRole("dialog");
    await dialog.getByText(/^No connection/).waitFor();
    await dialog.getByText("I no longer need it").click();
    await dialog.getByRole("button", { name: "Cancel the rescue" }).click();
    await phone.page.getByText(/^Cancellation, .*: saved on this phone$/).waitFor();
    await phone.page.reload();
    await phone.page.getByText(/^Cancellation, .*: saved on this phone$/).waitFor();
    expect(await rider.status(id)).toBe("scheduled");

    const sent = await loseResponse(phone, `/rescues/${id}/cancellation`);
    await phone.goOnline();
    await app.heading("Cancelled").waitFor();
    await expect.poll(sent).toBe(2);
    await phone.page.getByText(/^Cancellation, /).waitFor({ state: "detached" });
    await phone.page.getByText(/^As it was at /).waitFor({ state: "detached" });
    expect((await rider.timeline(id)).filter(({ to }) => to === "cancelled")).toHaveLength(1);
  });

  test("a rider's photo is kept, survives a reload, and is one photo though a response is lost", async ({ phone, browser }) => {
    const rider = await ScriptedRider.signUp("+14385550176", "Pia Pictures");
    const { city_time } = await requestJson<{ city_time: string }>(getDemoCity().base, "/clock");
    const id = await rider.ask(CORNER, new Date(Date.parse(city_time) + 20 * 86_400_000));
    const buffer = await photograph(browser, { title: "A bent wheel", lines: {} });
    const app = new RiderPhone(phone);
    await app.signIn({ phone: "+14385550176", password: PASSWORD });
    await waitForShell(phone, "/");
    await phone.visit(`/rescues/${id}/photos`);
    await phone.page.getByText("No photos yet.").waitFor();
    await phone.page.reload(); // its worker has all of the screen now
    await phone.page.getByText("No photos yet.").waitFor();
    await waitUntilSaved(phone, "rider", [id, '"status":"scheduled"']); // which the screen asks for first

    await phone.goOffline();
    await phone.page.getByLabel("Add photos").setInputFiles({ name: "wheel.jpg", mimeType: "image/jpeg", buffer });
    await phone.page.getByText(/^Saved on this phone/).waitFor();
    await phone.page.reload();
    await phone.page.getByText(/^Saved on this phone/).waitFor();
    expect(await rider.photos(id)).toEqual([]);

    const sent = await loseResponse(phone, `/rescues/${id}/photos`);
    await phone.goOnline();
    await expect.poll(sent).toBe(2);
    await phone.page.getByRole("img", { name: "Taken by you" }).waitFor();
    await phone.page.getByText(/^(Saved on this phone|On its way)/).waitFor({ state: "detached" }); // it waits no more
    expect(await rider.photos(id)).toHaveLength(1);
  });

  test("a driver's steps are kept, survive a reload, and are carried out once though a response is lost", async ({ openPhone }) => {
    const rider = await ScriptedRider.signUp("+14385550174", "Wim Waits");
    const scripted = await ScriptedDriver.start("Olga Offline", "+14385550175", "OFF 175", CORNER);
    const id = await rider.ask(CORNER);
    await scripted.accept(id);
    const phone = await openPhone({ at: { latitude: CORNER.lat, longitude: CORNER.lng, accuracy: 8 } });
    const driver = new DriverPhone(phone);
    const { page } = phone;
    await phone.visit("/driver/sign-in");
    await signIn(phone, { ...DRIVER, phone: "+14385550175" });
    await waitForShell(phone, "/driver/");
    await phone.visit(`/driver/job/${id}`);
    const departures = await loseResponse(phone, `/rescues/${id}/departure`);
    await driver.button("I am leaving now").click();
    await driver.button("Slide: I am here").waitFor();
    await expect.poll(departures).toBe(2);
    await page.getByText(/^Left, /).waitFor({ state: "detached" });
    await expect.poll(() => rider.status(id)).toBe("en_route");
    await scripted.stop(); // from now on the phone alone says where it is
    await waitUntilSaved(phone, "driver", [id, '"status":"en_route"']);

    await phone.goOffline();
    await page.getByText(/^As it was at /).waitFor();
    await driver.slide("Slide: I am here");
    await page.getByText(/^Arrived, .*: saved on this phone$/).waitFor();
    await page.reload();
    await driver.button("Loaded: enter the PIN").waitFor();
    await page.getByText(/^Arrived, .*: saved on this phone$/).waitFor();
    expect(await rider.status(id)).toBe("en_route");

    const arrivals = await loseResponse(phone, `/rescues/${id}/arrival`);
    await phone.goOnline();
    await page.getByText(/^Arrived, /).waitFor({ state: "detached" });
    await driver.button("Loaded: enter the PIN").waitFor();
    expect(arrivals()).toBe(2);
    expect((await rider.timeline(id)).map(({ to }) => to).filter((to) => to === "en_route" || to === "arrived")).toEqual(["en_route", "arrived"]);
  });
});
