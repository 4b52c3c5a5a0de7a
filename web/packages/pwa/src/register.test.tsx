// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { TAKE_OVER } from "./takeOver.ts";

const worker = (scriptURL = "https://city.example/sw.js", postMessage = vi.fn()) => ({ scriptURL, postMessage }) as unknown as ServiceWorker;

/** The browser's service workers, of which one may control the page. */
let workers: EventTarget & { controller: ServiceWorker | null };

/** Another worker begins to control the page. */
const control = (controller: ServiceWorker) =>
  act(() => {
    workers.controller = controller;
    workers.dispatchEvent(new Event("controllerchange"));
  });

/** The page as it was just loaded, with its notice. */
async function page() {
  vi.resetModules();
  const { offer, registerServiceWorker } = await import("./register.ts");
  const { UpdateNotice } = await import("./UpdateNotice.tsx");
  render(<UpdateNotice />);
  return { offer, registerServiceWorker, reload: vi.fn() };
}

const notice = () => screen.queryByRole("status");
const press = (name: string) => act(() => screen.getByRole("button", { name }).click());

beforeEach(() => {
  workers = Object.assign(new EventTarget(), { controller: worker() });
  Object.defineProperty(navigator, "serviceWorker", { configurable: true, value: workers });
});
afterEach(() => {
  cleanup();
  Reflect.deleteProperty(navigator, "serviceWorker");
});

test("a version is offered if there is one before it; another app's worker that controls the page is none", async () => {
  const { offer, reload } = await page();
  act(() => offer({ waiting: worker(), active: null }, reload));
  expect(notice()).toBeNull();

  const told = vi.fn();
  act(() => offer({ waiting: worker(undefined, told), active: worker() }, reload));
  press("Update");
  expect(told).toHaveBeenCalledWith(TAKE_OVER);
  expect(reload).not.toHaveBeenCalled();
  control(worker());
  expect(reload).toHaveBeenCalledOnce();
});

test("a version to which another tab has changed is offered again, and loads the page", async () => {
  const { offer, registerServiceWorker, reload } = await page();
  registerServiceWorker("/", reload);
  act(() => offer({ waiting: worker(), active: worker() }, reload));
  press("Later");
  expect(notice()).toBeNull();
  control(worker());
  expect(notice()?.textContent).toContain("in another tab");
  press("Update");
  expect(reload).toHaveBeenCalledOnce();
});

test.each([
  ["no worker", null],
  ["the worker of another app", worker("https://city.example/sw.js")],
])("the first version of an app, after %s, is not offered", async (_, before) => {
  workers.controller = before;
  const { registerServiceWorker, reload } = await page();
  registerServiceWorker("/driver/", reload);
  control(worker("https://city.example/driver/sw.js"));
  expect(notice()).toBeNull();
  control(worker("https://city.example/driver/sw.js"));
  expect(notice()).not.toBeNull(); // the second one is
});
