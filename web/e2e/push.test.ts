import type { CDPSession, Page } from "playwright-core";
import { beforeAll, describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { request, requestJson, signUp } from "./support/demoCity.ts";
import { type Phone, phoneTest as test } from "./support/phone.ts";

const RIDER = { phone: "+14385550191", password: "a long enough password", name: "Paula Push", role: "rider" };

interface Pushed {
  text: string;
  ttl: number;
  urgency: string;
}

const emulators = (): string => {
  const { protocol, hostname, port } = new URL(getDemoCity().base);
  return `${protocol}//${hostname}:${Number(port) + 2}`;
};

/**
 * Chromium has no push service of its own here: the lab's stands in for it.  The page's subscription is one of a
 * browser there, so that the platform sends to it; what arrives is given to the service worker by the test.
 */
async function usePushService({ page }: Phone): Promise<() => Promise<Pushed[]>> {
  let browser = "none";
  await page.exposeFunction("subscribeAtLab", async (server_key: string) => {
    const response = await fetch(`${emulators()}/sandbox/push/browsers`, { method: "POST", body: JSON.stringify({ server_key }) });
    const made = (await response.json()) as { endpoint: string };
    browser = made.endpoint.split("/").at(-1) ?? "";
    return made;
  });
  await page.addInitScript(() => {
    let current: PushSubscription | null = null;
    const lab = window as unknown as { subscribeAtLab: (key: string) => Promise<PushSubscriptionJSON> };
    PushManager.prototype.getSubscription = () => Promise.resolve(current);
    PushManager.prototype.subscribe = async (options) => {
      const key = options?.applicationServerKey as Uint8Array;
      const text = btoa(String.fromCharCode(...key)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      const made = await lab.subscribeAtLab(text);
      current = {
        endpoint: made.endpoint,
        options: { applicationServerKey: null, userVisibleOnly: true },
        toJSON: () => made,
        unsubscribe: () => {
          current = null;
          return Promise.resolve(true);
        },
      } as unknown as PushSubscription;
      return current;
    };
  });
  return async () => {
    const response = await fetch(`${emulators()}/sandbox/push/messages?browser=${browser}`);
    return ((await response.json()) as { messages: Pushed[] }).messages;
  };
}

/** Gives a message to the app's service worker, as a push service would. */
async function deliver(phone: Phone, data: string): Promise<void> {
  const session: CDPSession = await phone.context.newCDPSession(phone.page);
  const registrations: { registrationId: string; scopeURL: string }[] = [];
  session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: found }) => registrations.push(...found));
  await session.send("ServiceWorker.enable");
  const origin = getDemoCity().base;
  await expect.poll(() => registrations.some(({ scopeURL }) => scopeURL === `${origin}/`)).toBe(true);
  const registrationId = registrations.find(({ scopeURL }) => scopeURL === `${origin}/`)?.registrationId ?? "";
  await session.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data });
  await session.detach();
}

interface Shown {
  title: string;
  body: string;
  tag: string;
}

const shown = (page: Page): Promise<Shown[]> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration("/");
    return ((await registration?.getNotifications()) ?? []).map(({ title, body, tag }) => ({ title, body, tag }));
  });

/** Presses the notification that is shown, inside the service worker: a page cannot. */
async function press(phone: Phone): Promise<void> {
  const findWorker = () => phone.context.serviceWorkers().find((one) => new URL(one.url()).pathname === "/sw.js");
  await expect.poll(findWorker).toBeDefined(); // the push has started it, which is told later
  const pressed = await findWorker()?.evaluate(async () => {
    const scope = self as unknown as ServiceWorkerGlobalScope;
    const [notification] = await scope.registration.getNotifications();
    if (notification) scope.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
    return notification !== undefined;
  });
  expect(pressed).toBe(true);
}

describe.skipIf(!demoCityAvailable)("notifications while the app is closed", () => {
  let token = "";
  beforeAll(async () => {
    token = await signUp(getDemoCity().base, RIDER);
  });

  const subscriptions = async () => (await requestJson<{ items: unknown[] }>(getDemoCity().base, "/me/push-subscriptions", { token })).items.length;

  test("a rider turns them on, gets one, and a press leads to its screen", async ({ openPhone }) => {
    const phone = await openPhone({ notifications: true });
    const { page } = phone;
    const pushed = await usePushService(phone);
    await phone.visit("/sign-in");
    await page.getByLabel("Phone").fill(RIDER.phone);
    await page.getByLabel("Password", { exact: true }).fill(RIDER.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);

    await phone.visit("/me/preferences");
    await page.getByRole("button", { name: "Turn on notifications" }).click();
    await page.getByRole("button", { name: "Turn off notifications" }).waitFor();
    await phone.screenshot("rider-notifications-on");
    expect(await subscriptions()).toBe(1);

    await request(getDemoCity().base, "/me/exports", { method: "POST", token });
    await expect.poll(async () => (await pushed()).length).toBe(1);
    const [message] = await pushed();
    const text = JSON.parse(message?.text ?? "{}") as { id: string; title: string; body: string };
    expect(message).toMatchObject({ urgency: "low" });
    expect(text).toMatchObject({ kind: "export_ready", url: "/me/privacy", lang: "en" });

    await deliver(phone, message?.text ?? "");
    await expect.poll(() => shown(page)).toEqual([{ title: text.title, body: text.body, tag: text.id }]);
    await press(phone);
    await page.waitForURL((url) => url.pathname === "/me/privacy");
    await expect.poll(() => shown(page)).toEqual([]);

    await page.goto(`${getDemoCity().base}/me`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL((url) => url.pathname === "/sign-in");
    await expect.poll(subscriptions).toBe(0); // it lived as long as the session
  });
});
