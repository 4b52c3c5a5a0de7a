import { beforeAll, describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { signUp } from "./support/demoCity.ts";
import { type Phone, phoneTest as test } from "./support/phone.ts";

const RIDER = { phone: "+14385550171", password: "a long enough password", name: "Robin Offline", role: "rider" };
const DRIVER = { ...RIDER, phone: "+14385550172", role: "driver" };

async function signIn({ page }: Phone, { phone, password }: typeof RIDER): Promise<void> {
  await page.getByLabel("Phone").fill(phone);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
}

/** Waits until the app's own worker answers for the page. */
async function waitForShell({ page }: Phone, scope: string): Promise<void> {
  await page.waitForFunction((path) => new URL(navigator.serviceWorker.controller?.scriptURL ?? location.href).pathname === `${path}sw.js`, scope);
}

/** How many persons' last states the phone keeps. */
const savedStates = ({ page }: Phone, app: string): Promise<number> =>
  page.evaluate(async (name) => {
    if (!(await indexedDB.databases()).some((database) => database.name === name)) return 0; // to open it would make it
    return new Promise<number>((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onerror = () => reject(new Error("the database does not open"));
      opening.onsuccess = () => {
        const count = opening.result.transaction("states").objectStore("states").count();
        count.onsuccess = () => {
          opening.result.close();
          resolve(count.result);
        };
      };
    });
  }, `supportcarr-${app}-pwa`);

describe.skipIf(!demoCityAvailable)("without a connection", () => {
  beforeAll(async () => {
    await Promise.all([RIDER, DRIVER].map((person) => signUp(getDemoCity().base, person)));
  });

  test("the rider's app opens with its person, and not after a sign-out", async ({ phone }) => {
    await phone.visit("/sign-in");
    await signIn(phone, RIDER);
    await waitForShell(phone, "/");
    await phone.visit("/rescues");
    await expect.poll(() => savedStates(phone, "rider")).toBe(1);

    await phone.goOffline();
    await phone.page.reload();
    await phone.page.getByRole("heading", { level: 1 }).waitFor();
    expect(new URL(phone.page.url()).pathname).toBe("/rescues");

    await phone.goOnline();
    await phone.page.getByRole("link", { name: "Account" }).click();
    await phone.page.getByRole("button", { name: "Sign out" }).click();
    await phone.page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
    await phone.page.waitForURL((url) => url.pathname === "/sign-in");
    await expect.poll(() => savedStates(phone, "rider")).toBe(0);
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
    await expect.poll(() => savedStates(phone, "driver")).toBe(1);
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
});
