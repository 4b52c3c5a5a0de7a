import { useEffect } from "react";
import { create } from "zustand";

import { TAKE_OVER } from "./takeOver.ts";

const CHECK_EVERY_MS = 30 * 60_000;
const REGISTER_AFTER_MS = 2_000;

interface Update {
  /** A new version is installed and waits. */
  waiting: boolean;
  /** Changes to it: the page is loaded again. */
  apply: () => void;
}

const useUpdateStore = create<Update>(() => ({ waiting: false, apply: () => undefined }));

/** Offers the version that waits, if it takes the place of another one. */
export function offer(registration: Pick<ServiceWorkerRegistration, "waiting" | "active">): void {
  const { waiting, active } = registration;
  // The first version has nothing before it; the worker of another app, whose scope is above, may control the page then.
  if (!waiting || !active || !navigator.serviceWorker.controller) return;
  useUpdateStore.setState({
    waiting: true,
    apply: () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting.postMessage(TAKE_OVER);
    },
  });
}

/**
 * Registers the app's service worker (`sw.js` in its scope) once the page has been loaded, and looks for new versions
 * from time to time.  Without service workers (a page that is not served securely) the app works as it is.
 */
export function registerServiceWorker(scope: string): void {
  if (!("serviceWorker" in navigator)) return;
  const register = async () => {
    const registration = await navigator.serviceWorker.register(`${scope}sw.js`, { scope, updateViaCache: "none" });
    offer(registration);
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", () => offer(registration));
    });
    const check = () => {
      if (navigator.onLine) registration.update().catch(() => undefined); // the next check finds it
    };
    setInterval(check, CHECK_EVERY_MS);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") check();
    });
  };
  // Later, because it loads all files of the app: the person waits for this page and its data first.
  const begin = () => setTimeout(() => void register().catch(() => undefined), REGISTER_AFTER_MS); // refused by the browser (private window): no shell offline
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin, { once: true });
}

/** Whether a new version waits, and what changes to it. */
export const useUpdate = (): Update => useUpdateStore();

/** Goes where a pressed notification leads, in a window that was open already. */
export function useNotificationTarget(open: (path: string) => void): void {
  useEffect(() => {
    if (!("serviceWorker" in navigator)) return undefined;
    const listener = ({ data }: MessageEvent) => {
      const url: unknown = (data as { open?: unknown } | null)?.open;
      if (typeof url === "string" && URL.canParse(url) && new URL(url).origin === location.origin) open(new URL(url).pathname);
    };
    navigator.serviceWorker.addEventListener("message", listener);
    return () => navigator.serviceWorker.removeEventListener("message", listener);
  }, [open]);
}
