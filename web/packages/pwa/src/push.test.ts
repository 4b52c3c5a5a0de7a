// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { bytesOf, checkPush, forgetPush, type PushOptions, turnPushOff, turnPushOn, usePushStore } from "./push.ts";

const KEY = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
const OTHER_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

/** A browser, the person in it, and the platform. */
function browser({ answer = "granted", publicKey = KEY }: { answer?: NotificationPermission; publicKey?: string | null } = {}) {
  const made = { subscription: null as null | { endpoint: string; key: string }, permission: "default" as NotificationPermission, asked: 0, unsubscribed: 0, person: "usr_1" as string | null };
  const asSubscription = ({ endpoint, key }: { endpoint: string; key: string }) => ({
    endpoint,
    options: { applicationServerKey: bytesOf(key).buffer },
    toJSON: () => ({ endpoint, keys: { p256dh: "p", auth: "a" }, expirationTime: null }),
    unsubscribe: () => {
      made.subscription = null;
      made.unsubscribed += 1;
      return Promise.resolve(true);
    },
  });
  const pushManager = {
    getSubscription: () => Promise.resolve(made.subscription && asSubscription(made.subscription)),
    subscribe: ({ applicationServerKey }: { applicationServerKey: Uint8Array }) => {
      const key = btoa(String.fromCharCode(...applicationServerKey)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      made.subscription = { endpoint: "https://push.example/1", key };
      return Promise.resolve(asSubscription(made.subscription));
    },
  };
  const registration = { active: {}, pushManager };
  vi.stubGlobal("Notification", {
    get permission() {
      return made.permission;
    },
    requestPermission: () => {
      made.asked += 1;
      made.permission = answer;
      return Promise.resolve(answer);
    },
  });
  vi.stubGlobal("PushManager", vi.fn());
  vi.stubGlobal("navigator", { userAgent: "Chrome", serviceWorker: { getRegistration: () => Promise.resolve(registration), ready: registration } });
  const http = { post: vi.fn(() => Promise.resolve({})), delete: vi.fn(() => Promise.resolve({})) };
  const options: PushOptions = { app: "rider", scope: "/", http: http as never, publicKey: () => Promise.resolve(publicKey), personId: () => made.person };
  return { made, options, http, state: () => usePushStore.getState().state };
}

beforeEach(() => {
  localStorage.clear();
  usePushStore.setState({ state: "unknown", options: null });
});
afterEach(() => vi.unstubAllGlobals());

test("nobody is asked before they press", async () => {
  const { made, options, http, state } = browser();
  await checkPush(options);
  expect([state(), made.asked, http.post.mock.calls.length]).toEqual(["off", 0, 0]);
});

test("who says yes is subscribed with the platform's key", async () => {
  const { made, options, http, state } = browser();
  await checkPush(options);
  await turnPushOn();
  expect([state(), made.asked, made.subscription?.key]).toEqual(["on", 1, KEY]);
  expect(http.post).toHaveBeenCalledWith("/me/push-subscriptions", { endpoint: "https://push.example/1", keys: { p256dh: "p", auth: "a" }, expirationTime: null });
});

test.each([
  ["denied", "denied"],
  ["default", "off"],
] as const)("who answers %s is left alone (%s)", async (answer, expected) => {
  const { options, http, state } = browser({ answer });
  await checkPush(options);
  await turnPushOn();
  expect([state(), http.post.mock.calls.length]).toEqual([expected, 0]);
});

test("a subscription is told again in the next session, and follows a new key of the platform", async () => {
  const { made, options, http } = browser();
  await checkPush(options);
  await turnPushOn();
  await checkPush(options);
  expect(http.post).toHaveBeenCalledTimes(2);
  await checkPush({ ...options, publicKey: () => Promise.resolve(OTHER_KEY) });
  expect([made.unsubscribed, made.subscription?.key]).toEqual([1, OTHER_KEY]);
});

test("somebody else who signs in does not get the notifications of the one before", async () => {
  const { made, options, http, state } = browser();
  await checkPush(options);
  await turnPushOn();
  made.person = "usr_2";
  await checkPush(options);
  expect([state(), made.subscription, http.post.mock.calls.length]).toEqual(["off", null, 1]);
});

test("it is turned off at the platform and in the browser, also if the platform cannot be reached", async () => {
  const { made, options, http, state } = browser();
  await checkPush(options);
  await turnPushOn();
  http.delete.mockRejectedValueOnce(new Error("offline"));
  await turnPushOff();
  expect([state(), made.subscription]).toEqual(["off", null]);
  expect(http.delete).toHaveBeenCalledWith("/me/push-subscriptions", { params: { endpoint: "https://push.example/1" } });
});

test("a sign-out ends it in the browser", async () => {
  const { made, options, state } = browser();
  await checkPush(options);
  await turnPushOn();
  await forgetPush(options);
  expect([state(), made.subscription, localStorage.length]).toEqual(["off", null, 0]);
});

test("it is not offered where it cannot be", async () => {
  const off = browser({ publicKey: null });
  await checkPush(off.options);
  expect(off.state()).toBe("unsupported");
  const denied = browser();
  denied.made.permission = "denied";
  await checkPush(denied.options);
  expect(denied.state()).toBe("denied");
  vi.unstubAllGlobals();
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("navigator", { userAgent: "iPhone" });
  await checkPush(denied.options);
  expect(denied.state()).toBe("install");
  vi.stubGlobal("navigator", { userAgent: "Other" });
  await checkPush(denied.options);
  expect(denied.state()).toBe("unsupported");
});
