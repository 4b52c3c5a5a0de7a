import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { type Browser, chromium, type Page } from "playwright-core";
import { expect, inject, test as base } from "vitest";

import type { DemoCity } from "./demoCity.ts";

export const CHROMIUM_FLAGS = [
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
const WAIT_MS = 90_000; // for a state of a page, on a machine that others use too
const SHOWN_LETTERS = 1_500;

/** The errors that a page logged, the hosts that it connected to and the requests that failed during a test. */
export interface PageLog {
  errors: string[];
  hosts: Set<string>;
  refused: string[];
}

export const demoCityAvailable = inject("city") !== null;

export function getDemoCity(): DemoCity {
  const city = inject("city");
  if (!city) throw new Error("no demo city has been started");
  return city;
}

export function recordPage(page: Page): PageLog {
  const log: PageLog = { errors: [], hosts: new Set(), refused: [] };
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
  const addRefused = (what: string | number, method: string, url: string) => log.refused.push(`${new Date().toISOString().slice(11, 23)} ${what} ${method} ${new URL(url).pathname}`);
  page.on("response", (response) => response.status() >= 400 && addRefused(response.status(), response.request().method(), response.url()));
  page.on("requestfailed", (request) => addRefused(request.failure()?.errorText ?? "failed", request.method(), request.url()));
  return log;
}

/** Keeps a picture of a page on which a test has failed, and prints what it showed: the log is often all that is left. */
export async function reportFailure(name: string, page: Page, log: PageLog): Promise<void> {
  if (page.isClosed()) return;
  mkdirSync(inject("results"), { recursive: true });
  await page.screenshot({ path: join(inject("results"), `${name.replace(/\W+/g, "-")}.png`) }).catch(() => undefined); // the text says the most
  const shown = await page.locator("body").innerText({ timeout: 5_000 }).catch(String);
  const lines = [`── ${name}: ${page.url()} showed`, shown.replace(/\n+/g, " | ").slice(0, SHOWN_LETTERS), ...log.errors, ...log.refused.slice(-10)];
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** One browser for all tests of a file. */
export const browserTest = base.extend<{ browser: Browser }>({
  browser: [
    async ({}, provide) => {
      const browser = await chromium.launch({ executablePath: inject("chromium"), args: CHROMIUM_FLAGS, timeout: WAIT_MS });
      const newContext = browser.newContext.bind(browser);
      browser.newContext = async (options) => {
        const context = await newContext(options);
        context.setDefaultTimeout(WAIT_MS); // of every page, also of one that the app opens
        return context;
      };
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
  page: async ({ browser, task }, provide) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, colorScheme: "light" });
    await provide(await context.newPage());
    if (task.result?.state !== "fail") await context.close();
  },
  pageLog: [
    async ({ page, task, onTestFailed }, provide) => {
      const log = recordPage(page);
      onTestFailed(async () => {
        await reportFailure(task.name, page, log);
        await page.context().close();
      });
      await provide(log);
      checkPageLog(log);
    },
    { auto: true },
  ],
});
