/// <reference lib="webworker" />
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

import { openPush, showPush } from "./pushEvents.ts";
import { TAKE_OVER } from "./takeOver.ts";

export interface ServiceWorkerOptions {
  app: "rider" | "driver";
  /** The files of the build, which its plugin lists. */
  files: (PrecacheEntry | string)[];
  /** Where the app is served, with a slash at its end. */
  scope: string;
  /** Paths below the scope that are not the app's. */
  denylist: RegExp[];
}

/**
 * Runs an app's service worker: its shell opens without a connection, and notifications are shown.  Nothing else is
 * cached: requests to the API always go to the network.  A new version waits until the page asks for it.
 */
export function start(worker: ServiceWorkerGlobalScope, { app, files, scope, denylist }: ServiceWorkerOptions): void {
  precacheAndRoute(files);
  cleanupOutdatedCaches();
  registerRoute(new NavigationRoute(createHandlerBoundToURL(`${scope}index.html`), { denylist }));
  worker.addEventListener("message", (event) => {
    if (event.data === TAKE_OVER) void worker.skipWaiting();
  });
  // The first version takes the page that installed it: it opens without a connection from then on.
  worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
  worker.addEventListener("push", (event) => event.waitUntil(showPush(worker, app, scope, event.data)));
  worker.addEventListener("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(openPush(worker, scope, event.notification.data));
  });
}
