import { expect, test, vi } from "vitest";

import { openPush, showPush } from "./pushEvents.ts";
import { pathOf, readPushMessage } from "./pushMessage.ts";

const message = { id: "ntf_1", kind: "driver_arrived", title: "Your driver is here", body: "Show the PIN.", url: "/rescues/res_1", rescue_id: "res_1", lang: "en" };

/** A service worker with the given windows: addresses, and whether they are before the person's eyes. */
function worker(...windows: { url: string; visible?: boolean; focused?: boolean }[]) {
  const clients = windows.map(({ url, visible = false, focused = false }) => ({
    url: `https://supportcarr.example${url}`,
    visibilityState: visible ? "visible" : "hidden",
    focused,
    focus: vi.fn(() => Promise.resolve()),
    postMessage: vi.fn(),
  }));
  const shown: [string, NotificationOptions & { data: { url: string } }][] = [];
  const openWindow = vi.fn(() => Promise.resolve(null));
  const scope = {
    location: { origin: "https://supportcarr.example" },
    clients: { matchAll: () => Promise.resolve(clients), openWindow },
    registration: { showNotification: (title: string, options: NotificationOptions & { data: { url: string } }) => Promise.resolve(void shown.push([title, options])) },
  };
  return { worker: scope as unknown as ServiceWorkerGlobalScope, clients, shown, openWindow };
}

const data = (value: unknown) => ({ text: () => (typeof value === "string" ? value : JSON.stringify(value)) }) as PushMessageData;

test("a message is shown in its language, and a repeat replaces it", async () => {
  const { worker: scope, shown } = worker();
  await showPush(scope, "rider", "/", data(message));
  await showPush(scope, "rider", "/", data({ ...message, kind: "job_offered" }));
  const [[title, options], [, offer]] = shown as [(typeof shown)[0], (typeof shown)[0]];
  expect(title).toBe("Your driver is here");
  expect(options).toMatchObject({ body: "Show the PIN.", tag: "ntf_1", lang: "en", icon: "/icon-192.png", data: { url: "https://supportcarr.example/rescues/res_1" } });
  expect(options.requireInteraction).toBeUndefined();
  expect(offer.requireInteraction, "an offer stays until it is seen").toBe(true);
});

test("nothing is shown of the screen that the person looks at, and of others it is", async () => {
  const looking = worker({ url: "/rescues/res_1", visible: true });
  await showPush(looking.worker, "rider", "/", data(message));
  expect(looking.shown).toEqual([]);
  const hidden = worker({ url: "/rescues/res_1" }, { url: "/inbox", visible: true });
  await showPush(hidden.worker, "rider", "/", data(message));
  expect(hidden.shown).toHaveLength(1);
});

test.each([null, data(""), data("no JSON"), data("null"), data({ ...message, title: 3 }), data({ id: "x" })])("what is no message is not shown (%#)", async (value) => {
  const { worker: scope, shown } = worker();
  await showPush(scope, "rider", "/", value);
  expect(shown).toEqual([]);
});

test("a press goes on in a window of the app that is open, without loading it again", async () => {
  const { worker: scope, clients, openWindow } = worker({ url: "/driver/" }, { url: "/driver/inbox", focused: true }, { url: "/rescues" });
  await openPush(scope, "/driver/", { url: "https://supportcarr.example/driver/job/res_1" });
  expect(clients.map(({ focus }) => focus.mock.calls.length)).toEqual([0, 1, 0]);
  expect(clients[1]?.postMessage).toHaveBeenCalledWith({ open: "https://supportcarr.example/driver/job/res_1" });
  expect(openWindow).not.toHaveBeenCalled();
});

test("a press opens a window if the app has none", async () => {
  const { worker: scope, openWindow } = worker({ url: "/rescues" });
  await openPush(scope, "/driver/", { url: "https://supportcarr.example/driver/" });
  expect(openWindow).toHaveBeenCalledWith("https://supportcarr.example/driver/");
});

test.each([
  ["rider", "/", { url: "/rescues/res_1/chat" }, "/rescues/res_1/chat"],
  ["driver", "/driver/", { url: "/driver/job/res_1" }, "/driver/job/res_1"],
  ["driver", "/driver/", { url: "/rescues/res_1", rescue_id: "res_1" }, "/driver/job/res_1"],
  ["driver", "/driver/", { url: "https://evil.example/driver/x" }, "/driver/inbox"],
  ["rider", "/", { url: "//evil.example/x" }, "/inbox"],
  ["rider", "/", { url: "javascript:alert(1)" }, "/inbox"],
  ["rider", "/", { rescue_id: "a/../b" }, "/rescues/a%2F..%2Fb"],
  ["rider", "/", {}, "/inbox"],
] as const)("%s app, scope %s: %o leads to %s", (app, scope, of, path) => {
  expect(pathOf(app, scope, of)).toBe(path);
});

test("a message has an id, a kind, a title and a body", () => {
  expect(readPushMessage(JSON.stringify(message))).toEqual(message);
  expect(readPushMessage(undefined)).toBeNull();
});

test("a browser that does not bring the window to the front opens the screen in it all the same", async () => {
  const { worker: scope, clients } = worker({ url: "/inbox" });
  clients[0]?.focus.mockRejectedValueOnce(new Error("Not allowed to focus a window."));
  await openPush(scope, "/", { url: "https://supportcarr.example/rescues/res_1" });
  expect(clients[0]?.postMessage).toHaveBeenCalledWith({ open: "https://supportcarr.example/rescues/res_1" });
});
