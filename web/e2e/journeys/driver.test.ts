import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity } from "../support/browser.ts";
import { requestJson, signUp } from "../support/demoCity.ts";
import { approveDriver, DriverPhone, ScriptedRider } from "../support/driverPhone.ts";
import { photograph } from "../support/papers.ts";
import { type Phone, phoneTest as test } from "../support/phone.ts";

const PASSWORD = "a long enough password";
const CORNER = { lat: 45.5605, lng: -73.5505 }; // where few simulated riders are

const inYears = (years: number): string => `${new Date().getFullYear() + years}-06-01`;

const ANDROID = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Mobile Safari/537.36";

/** What a page asked of the phone. */
interface Device {
  /** Whether each lock of the screen that was given is still held. */
  screenLocks: string[];
  /** Patterns, and whether the browser took them. */
  vibrations: [unknown, boolean][];
  /** The state of the sound at each tone: heard if it is running. */
  tones: string[];
}

/** Runs in the page before its own scripts: notes what it asks of the phone and what the browser answers. */
function observeDevice(): void {
  if (!("wakeLock" in navigator)) return; // not the app's page
  const locks: WakeLockSentinel[] = [];
  const vibrations: Device["vibrations"] = [];
  const tones: string[] = [];
  const { wakeLock } = navigator;
  const request = wakeLock.request.bind(wakeLock);
  wakeLock.request = async (type) => {
    const lock = await request(type);
    locks.push(lock);
    return lock;
  };
  const vibrate = navigator.vibrate.bind(navigator);
  navigator.vibrate = (pattern: number | Iterable<number>) => {
    const taken = vibrate(typeof pattern === "number" ? pattern : [...pattern]);
    vibrations.push([pattern, taken]);
    return taken;
  };
  const start = Object.getOwnPropertyDescriptor(AudioScheduledSourceNode.prototype, "start")?.value as AudioScheduledSourceNode["start"];
  AudioScheduledSourceNode.prototype.start = function (this: AudioScheduledSourceNode, when?: number) {
    tones.push(this.context.state);
    start.call(this, when);
  };
  Object.assign(window, {
    device: {
      get screenLocks() {
        return locks.map(({ released }) => (released ? "off" : "on"));
      },
      vibrations,
      tones,
    },
  });
}

/** A driver who is approved and has a vehicle, signed in on the phone; made by API. */
async function approvedDriver(phone: Phone, number: string, name: string): Promise<DriverPhone> {
  const { base } = getDemoCity();
  const token = await signUp(base, { phone: number, password: PASSWORD, name, role: "driver" });
  const response = await fetch(`${base}/api/v1/me/driver-application`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ licence_class: "5", licence_expires_on: inYears(3), insurer: "Desjardins", insurance_expires_on: inYears(2) }),
  });
  expect(response.ok).toBe(true);
  await requestJson(base, "/me/vehicles", { token, body: { type: "pickup", make: "Ford", model: "F-150", colour: "blue", plate: `E2E ${number.slice(-3)}`, tie_downs: 2, seats: 2 } });
  await approveDriver(number);
  const driver = new DriverPhone(phone);
  await phone.moveTo(CORNER.lat, CORNER.lng);
  await phone.visit("/driver/sign-in");
  await driver.field("Phone").fill(number);
  await driver.field("Password").fill(PASSWORD);
  await driver.button("Sign in").click();
  return driver;
}

async function goOnline(driver: DriverPhone): Promise<void> {
  await driver.slide("Slide to go online");
  await driver.heading("You are online").waitFor();
}

/** A rescue of that rider that the driver has accepted on the screen. */
async function acceptedJob(driver: DriverPhone, rider: ScriptedRider): Promise<string> {
  const id = await rider.ask(CORNER);
  await driver.answerOffers(id);
  await driver.page.waitForURL(`**/driver/job/${id}`);
  await driver.heading(/^Drive to /).waitFor();
  return id;
}

describe.skipIf(!demoCityAvailable)("a driver's phone", () => {
  test("from sign-up and approval to a delivered job, with the connection lost on the way", async ({ browser, openPhone }) => {
    const phone = await openPhone();
    const driver = new DriverPhone(phone);
    const { page } = driver;
    const number = "+14385551701";
    await phone.visit("/driver/");
    await driver.link("Create an account").waitFor();
    await driver.inspect("welcome");
    await driver.link("Create an account").click();
    await driver.heading("Become a driver").waitFor();
    await driver.inspect("sign-up");
    await driver.signUp({ name: "Dana Driver", phone: number, password: PASSWORD });
    await driver.heading("Not complete yet").waitFor();
    await driver.inspect("home-draft");

    await driver.link("Continue the application").click();
    await driver.heading("Your application").waitFor();
    await driver.inspect("application");
    await driver.link(/^Licence and insurance/).click();
    await driver.field("Class of your licence").fill("5");
    await driver.field("Licence valid until").fill(inYears(3));
    await driver.field("Insurer of the vehicle").fill("Desjardins");
    await driver.field("Insurance valid until").fill(inYears(2));
    await driver.inspect("statement");
    await driver.button("Save").click();
    await driver.link(/^Vehicle /).first().click();
    await driver.link("Add a vehicle").click();
    for (const [label, value] of Object.entries({ Make: "Ford", Model: "F-150", Colour: "blue", Plate: "E2E 701" })) await driver.field(label).fill(value);
    await driver.field("Passenger seats").fill("2");
    await driver.inspect("vehicle");
    await driver.button("Save").click();
    await driver.link(/E2E 701/).waitFor();
    await driver.inspect("vehicles");

    await phone.visit("/driver/apply/documents/licence");
    const licence = await photograph(browser, { title: "PERMIS DE CONDUIRE", lines: { Name: "Dana Driver", Class: "5", Until: inYears(3) } });
    await page.locator("input[type=file]").setInputFiles({ name: "licence.jpg", mimeType: "image/jpeg", buffer: licence });
    await page.getByText("licence.jpg is uploaded.").waitFor();
    await driver.inspect("document");
    await driver.button("Send for checking").click();
    await driver.button("Submit the application").click();
    await page.getByText("Submitted", { exact: true }).waitFor();
    await driver.inspect("application-submitted");

    await approveDriver(number);
    await phone.moveTo(CORNER.lat, CORNER.lng);
    await phone.visit("/driver/");
    await driver.heading("You are offline").waitFor();
    await driver.inspect("home-offline");
    await goOnline(driver);
    await driver.inspect("home-online");

    const rider = await ScriptedRider.signUp("+14385551702", "Rosa Rider");
    const id = await acceptedJob(driver, rider);
    await driver.inspect("job-assigned");
    await driver.button("I am leaving now").click();
    await driver.button("Slide: I am here").waitFor();
    await expect.poll(() => rider.status(id)).toBe("en_route");
    await driver.inspect("job-en-route");

    await phone.goOffline();
    await driver.slide("Slide: I am here");
    await driver.button("Loaded: enter the PIN").waitFor();
    await driver.button("Loaded: enter the PIN").click();
    const { pin } = await rider.rescue(id);
    await page.getByLabel("PIN", { exact: true }).fill(pin ?? "");
    await driver.button("Start").click();
    await driver.button("Slide: delivered").waitFor();
    await driver.inspect("job-offline");
    expect(await rider.status(id)).toBe("en_route");
    await page.waitForTimeout(6_000); // more than a minute of the city
    await phone.goOnline();
    await expect.poll(() => rider.status(id)).toBe("in_transit");
    const arrival = (await rider.timeline(id)).find(({ to }) => to === "arrived");
    expect(Date.parse(arrival?.received_at ?? "") - Date.parse(arrival?.at ?? "")).toBeGreaterThan(50_000);
    await page.getByText("Photos at the end of the job").waitFor();
    await driver.inspect("job-in-transit");
    await driver.slide("Slide: delivered");
    await driver.heading("Well done").waitFor();
    await expect.poll(() => rider.status(id)).toBe("completed");
    await driver.inspect("job-done");

    for (const [path, name] of Object.entries({ earnings: "Earnings", shifts: "Shifts", ratings: "Your ratings", inbox: "Inbox", account: "Account", "account/profile": "Name and number", "account/preferences": "Settings", "account/security": "Security", help: "Help" })) {
      await phone.visit(`/driver/${path}`);
      await driver.heading(name).first().waitFor();
      await page.waitForTimeout(500);
      await driver.inspect(path.replace("/", "-"));
    }
    await page.setViewportSize({ width: 320, height: 640 });
    for (const path of ["", "apply", "vehicles/new", "earnings", "account"]) {
      await phone.visit(`/driver/${path}`);
      await page.waitForTimeout(800);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), path).toBe(0);
    }
  });

  test("keeps the screen on, rings and vibrates at an offer, and hands over to the phone's maps", async ({ openPhone }) => {
    const phone = await openPhone({ userAgent: ANDROID, screenLock: true });
    await phone.context.addInitScript(observeDevice);
    const driver = await approvedDriver(phone, "+14385551721", "Wes Wakeful");
    const { page } = driver;
    const seen = <Name extends keyof Device>(name: Name) => page.evaluate((key) => (window as unknown as { device: Device }).device[key], name);
    await goOnline(driver);
    await expect.poll(() => seen("screenLocks")).toEqual(["on"]);
    await page.reload(); // the page is new, and its driver still online
    await driver.heading("You are online").waitFor();
    await expect.poll(() => seen("screenLocks")).toEqual(["on"]);
    await driver.heading("You are online").click(); // a touch anywhere

    const rider = await ScriptedRider.signUp("+14385551722", "Olaf Offers");
    const id = await rider.ask(CORNER);
    const offer = page.locator(`[data-rescue="${id}"]`);
    await offer.waitFor();
    await expect.poll(() => seen("vibrations")).toContainEqual([[250, 120, 250], true]);
    await expect.poll(() => seen("tones")).toContain("running");
    await driver.slide("Slide to accept");
    await page.waitForURL(`**/driver/job/${id}`);
    await expect.poll(async () => (await seen("vibrations")).at(-1)).toEqual([0, true]);

    await driver.button("Directions").click();
    const at = `${CORNER.lat.toFixed(6)},${CORNER.lng.toFixed(6)}`;
    expect(await driver.link("This phone's maps").getAttribute("href")).toBe(`geo:${at}?q=${at}`);
    expect(await driver.link("Google Maps").getAttribute("href")).toContain(`destination=${encodeURIComponent(at)}`);
    await rider.cancel(id);
    await driver.heading("The job was cancelled").waitFor();
    await phone.visit("/driver/");
    await driver.button("Go offline").click();
    await driver.heading("You are offline").waitFor();
    await expect.poll(() => seen("screenLocks")).toEqual(["off"]);
  });

  test("gives a job up, and reports a rider who does not come", async ({ openPhone }) => {
    const phone = await openPhone();
    const driver = await approvedDriver(phone, "+14385551711", "Gil Giveup");
    const { page } = driver;
    await goOnline(driver);
    const rider = await ScriptedRider.signUp("+14385551712", "Nina Noshow");
    const first = await acceptedJob(driver, rider);
    await page.getByRole("button", { name: /^Give the job up/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("My vehicle broke down").click();
    await driver.inspect("give-up");
    await dialog.getByRole("button", { name: "Give the job up" }).click();
    await expect.poll(() => rider.status(first)).not.toBe("assigned");
    await rider.cancel(first).catch(() => undefined);
    await expect.poll(() => rider.status(first)).toBe("cancelled");

    await phone.visit("/driver/");
    await driver.heading("You are online").waitFor();
    const second = await acceptedJob(driver, rider);
    await driver.button("I am leaving now").click();
    await driver.slide("Slide: I am here");
    await driver.button("Loaded: enter the PIN").waitFor();
    await page.getByRole("button", { name: /^The rider does not come/ }).click();
    await dialog.getByText(/^Wait .* more/).waitFor();
    await driver.inspect("no-show-wait");
    await dialog.getByRole("button", { name: "Slide: rider not met" }).waitFor(); // ten minutes of the city
    await driver.slide("Slide: rider not met");
    await driver.heading("Rider not met").waitFor();
    await expect.poll(() => rider.status(second)).toBe("no_show");
    await driver.inspect("no-show-end");
  });
});
