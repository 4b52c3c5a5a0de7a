import { useEffect } from "react";
import { create } from "zustand";

import { TAKE_OVER } from "./takeOver.ts";

const CHECK_EVERY_MS = 30 * 60_000;
const REGISTER_AFTER_MS = 2_000;

interface Update {
  /**
   * `waiting`: a new version is installed and waits; `taken`: another tab has changed to it, and the files of the version
   * that this page runs are gone.
   */
  state: "none" | "waiting" | "taken";
  /** Changes to it: the page is loaded again. */
  apply: () => void;
}

const useUpdateStore = create<Update>(() => ({ state: "none", apply: () => undefined }));

/** Offers the version that waits, if it takes the place of another one. */
export function offer(registration: Pick<ServiceWorkerRegistration, "waiting" | "active">, reload = () => location.reload()): void {
  const { waiting, active } = registration;
  // The first version has nothing before it; the worker of another app, whose scope is above, may control the page then.
  if (!waiting || !active || !navigator.serviceWorker.controller) return;
  useUpdateStore.setState({
    state: "waiting",
    apply: () => {
      navigator.serviceWorker.addEventListener("controllerchange", reload, { once: true });
      waiting.postMessage(TAKE_OVER);
    },
  });
}

/** Offers the version to which another tab has changed. */
function offerTaken(reload: () => void): void {
  const workers = navigator.serviceWorker;
  const controller = () => (workers.controller ? new URL(workers.controller.scriptURL).pathname : null);
  let before = controller();
  workers.addEventListener("controllerchange", () => {
    const now = controller();
    // The first version has nothing before it, or the worker of another app, whose scope is above.
    if (before !== null && before === now) useUpdateStore.setState({ state: "taken", apply: reload });
    before = now;
  });
}

/**
 * Registers the app's service worker (`sw.js` in its scope) once the page has been loaded, and looks for new versions
 * from time to time.  Without service workers (a page that is not served securely) the app works as it is.
 */
export function registerServiceWorker(scope: string, reload = () => location.reload()): void {
  if (!("serviceWorker" in navigator)) return;
  offerTaken(reload);
  const register = async () => {
    const registration = await navigator.serviceWorker.register(`${scope}sw.js`, { scope, updateViaCache: "none" });
    offer(registration, reload);
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", () => offer(registration, reload));
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

/** Whether there is a new version, and what changes to it. */
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
