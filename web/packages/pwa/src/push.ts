import { sharedStorage } from "@supportcarr/client/browserStorage";
import { create } from "zustand";

import type { AxiosInstance } from "axios";

/**
 * Whether this browser shows notifications of the app while it is closed.  `unsupported`: it cannot, or the platform
 * pushes none; `install`: it can once the app is on the home screen (iPhone); `denied`: the person forbade it, which
 * only the browser's settings change.
 */
export type PushState = "unknown" | "unsupported" | "install" | "denied" | "off" | "on";

export interface PushOptions {
  app: "rider" | "driver";
  /** Where the app is served, with a slash at its end. */
  scope: string;
  http: Pick<AxiosInstance, "post" | "delete">;
  /** The platform's key (`push.public_key` of `/config.json`); `null`: it pushes nothing. */
  publicKey: () => Promise<string | null>;
  personId: () => string | null;
}

const PATH = "/me/push-subscriptions";

export const usePushStore = create<{ state: PushState; options: PushOptions | null }>(() => ({ state: "unknown", options: null }));

const setState = (state: PushState): void => usePushStore.setState({ state });

/** Whose notifications this browser shows: somebody else who signs in does not get them. */
const ownerKey = (app: string) => `supportcarr.${app}.push`;

const isHomeScreenNeeded = () => /iPhone|iPad/u.test(navigator.userAgent) && !matchMedia("(display-mode: standalone)").matches;

const isSupported = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** The bytes of base64url. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

const sameKey = (key: ArrayBuffer | null | undefined, text: string): boolean => {
  if (!key) return true; // the browser does not say which one it was
  const [has, wanted] = [new Uint8Array(key), bytesOf(text)];
  return has.length === wanted.length && has.every((byte, at) => byte === wanted[at]);
};

async function current({ scope }: PushOptions): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

const ready = async ({ scope }: PushOptions): Promise<ServiceWorkerRegistration> => {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  return registration?.active ? registration : navigator.serviceWorker.ready;
};

/** Subscribes the browser with the platform's present key, and tells the platform. */
async function subscribe(options: PushOptions, publicKey: string): Promise<void> {
  const { pushManager } = await ready(options);
  const before = await pushManager.getSubscription();
  if (before && !sameKey(before.options.applicationServerKey, publicKey)) await before.unsubscribe();
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(publicKey) });
  await options.http.post(PATH, subscription.toJSON());
  sharedStorage.setItem(ownerKey(options.app), options.personId() ?? "");
}

/**
 * Finds out how it stands when the app was opened or somebody signed in.  A subscription of the same person is told to
 * the platform again, because it ends with its session; that of somebody else ends.
 */
export async function checkPush(options: PushOptions): Promise<void> {
  usePushStore.setState({ options });
  setState(await foundState(options));
}

async function foundState(options: PushOptions): Promise<PushState> {
  const person = options.personId();
  if (!isSupported()) return isHomeScreenNeeded() ? "install" : "unsupported";
  const publicKey = await options.publicKey();
  if (publicKey === null) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  const owner = sharedStorage.getItem(ownerKey(options.app));
  if (owner !== null && person !== null && owner !== person) await forgetPush(options);
  if (Notification.permission !== "granted" || owner === null || owner !== person) return "off";
  await subscribe(options, publicKey);
  return "on";
}

/** Asks the person, by the browser's own question, and subscribes.  Throws what stands in the way of that. */
export async function turnPushOn(): Promise<void> {
  const { options } = usePushStore.getState();
  const publicKey = await options?.publicKey();
  if (!options || !publicKey) return;
  const answer = await Notification.requestPermission();
  if (answer === "granted") await subscribe(options, publicKey);
  setState(answer === "granted" ? "on" : answer === "denied" ? "denied" : "off");
}

/** Ends it for this browser. */
export async function turnPushOff(): Promise<void> {
  const { options } = usePushStore.getState();
  if (!options) return;
  const endpoint = (await current(options))?.endpoint;
  await forgetPush(options);
  setState("off");
  if (endpoint) await options.http.delete(PATH, { params: { endpoint } }).catch(() => undefined); // the browser refuses further ones
}

/** The browser takes no further notifications, also without a connection: after a sign-out. */
export async function forgetPush(options: PushOptions): Promise<void> {
  sharedStorage.removeItem(ownerKey(options.app));
  if (!isSupported()) return;
  await (await current(options))?.unsubscribe();
  if (usePushStore.getState().state === "on") setState("off");
}
