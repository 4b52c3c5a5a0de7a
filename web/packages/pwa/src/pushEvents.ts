/// <reference lib="webworker" />
import { pathOf, readPushMessage } from "./pushMessage.ts";

/** What a shown notification carries: the address that a press on it opens. */
interface NotificationTarget {
  url: string;
}

const windowsOf = async (worker: ServiceWorkerGlobalScope, scope: string): Promise<readonly WindowClient[]> =>
  (await worker.clients.matchAll({ type: "window", includeUncontrolled: true })).filter(({ url }) => new URL(url).pathname.startsWith(scope));

/** Shows what was pushed, unless the page that it would open is before the person's eyes. */
export async function showPush(worker: ServiceWorkerGlobalScope, app: "rider" | "driver", scope: string, data: PushMessageData | null): Promise<void> {
  const message = readPushMessage(data?.text());
  if (message === null) return;
  const url = new URL(pathOf(app, scope, message), worker.location.origin);
  const windows = await windowsOf(worker, scope);
  if (windows.some((client) => client.visibilityState === "visible" && new URL(client.url).pathname === url.pathname)) return;
  await worker.registration.showNotification(message.title, {
    body: message.body,
    tag: message.id, // a repeat replaces the first
    // An offer ends within seconds: it stays and shakes the phone until it is seen.
    ...(message.kind === "job_offered" ? { requireInteraction: true, vibrate: [300, 150, 300, 150, 300] } : {}),
    icon: `${scope}icon-192.png`,
    ...(message.lang ? { lang: message.lang } : {}),
    data: { url: url.href } satisfies NotificationTarget,
  });
}

/** Opens what a notification is about, in a window of the app that is open, else in a new one. */
export async function openPush(worker: ServiceWorkerGlobalScope, scope: string, data: unknown): Promise<void> {
  const { url } = data as NotificationTarget;
  const windows = await windowsOf(worker, scope);
  const open = windows.find((client) => client.focused) ?? windows[0];
  if (!open) {
    await worker.clients.openWindow(url);
    return;
  }
  await open.focus().catch(() => undefined); // a browser may refuse: the screen is there when the person comes back
  // The app goes there by itself, so that nothing entered is lost by a reload.
  open.postMessage({ open: url });
}
