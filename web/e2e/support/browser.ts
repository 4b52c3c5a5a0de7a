import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { type Browser, chromium, type Page } from "playwright-core";
import { expect, inject, test as base } from "vitest";

import type { DemoCity } from "./demoCity.ts";

const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--use-gl=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-features=LocalNetworkAccessChecks", // a page that a test fulfils asks servers of this machine
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", // no internet
];
// Messages of the browser itself about a server that is down; every other error is a bug of the console.
const NETWORK_ERROR = /Failed to load resource|WebSocket connection to|net::ERR_/;
const GL_DRIVER_MESSAGE = /GL Driver Message/;

/** The errors that a page logged and the hosts that it connected to during a test. */
export interface PageLog {
  errors: string[];
  hosts: Set<string>;
}

export const demoCityAvailable = inject("city") !== null;

export function getDemoCity(): DemoCity {
  const city = inject("city");
  if (!city) throw new Error("no demo city has been started");
  return city;
}

export function recordPage(page: Page): PageLog {
  const log: PageLog = { errors: [], hosts: new Set() };
  page.on("pageerror", (error) => log.errors.push(error.stack ?? error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !NETWORK_ERROR.test(message.text()) && !GL_DRIVER_MESSAGE.test(message.text())) log.errors.push(message.text());
  });
  const addHost = (address: string) => {
    const { protocol, hostname } = new URL(address);
    if (/^(http|ws)s?:$/.test(protocol)) log.hosts.add(hostname);
  };
  page.on("request", (request) => addHost(request.url()));
  page.on("websocket", (socket) => addHost(socket.url()));
  return log;
}

/** One browser for all tests of a file. */
export const browserTest = base.extend<{ browser: Browser }>({
  browser: [
    async ({}, provide) => {
      const browser = await chromium.launch({ executablePath: inject("chromium"), args: CHROMIUM_FLAGS });
      await provide(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
});

/** Fails if the page connected to another machine, or logged an error. */
export function checkPageLog(log: PageLog): void {
  expect([...log.hosts].filter((host) => host !== "127.0.0.1")).toEqual([]);
  expect(log.errors).toEqual([]);
}

/**
 * Each test has its own page.  At its end the page must have connected to this machine only and must not
 * have logged an error.  A screenshot of a failed test is kept.
 */
export const test = browserTest.extend<{ page: Page; pageLog: PageLog }>({
  page: async ({ browser, task, onTestFailed }, provide) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, colorScheme: "light" });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    onTestFailed(async () => {
      mkdirSync(inject("results"), { recursive: true });
      await page.screenshot({ path: join(inject("results"), `${task.name.replace(/\W+/g, "-")}.png`) });
      await context.close();
    });
    await provide(page);
    if (task.result?.state !== "fail") await context.close();
  },
  pageLog: [
    async ({ page }, provide) => {
      const log = recordPage(page);
      await provide(log);
      checkPageLog(log);
    },
    { auto: true },
  ],
});
