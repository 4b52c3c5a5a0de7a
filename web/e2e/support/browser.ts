import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { type Browser, chromium, type Page } from "playwright-core";
import { expect, inject, test as base } from "vitest";

import type { City } from "./city.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--use-gl=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", // there is no internet
];
// What a browser says of a server that is away; everything else is ours.
const NETWORK = /Failed to load resource|WebSocket connection to|net::ERR_/;
const GL_TALK = /GL Driver Message/;

/** What a page said and asked for while a test ran. */
export interface Watch {
  errors: string[];
  hosts: Set<string>;
}

export const there = inject("city") !== null;

export function cityUnderTest(): City {
  const city = inject("city");
  if (!city) throw new Error("no city was started");
  return city;
}

function watch(page: Page): Watch {
  const seen: Watch = { errors: [], hosts: new Set() };
  page.on("pageerror", (error) => seen.errors.push(error.stack ?? error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !NETWORK.test(message.text()) && !GL_TALK.test(message.text())) seen.errors.push(message.text());
  });
  const asked = (address: string) => {
    const { protocol, hostname } = new URL(address);
    if (/^(http|ws)s?:$/.test(protocol)) seen.hosts.add(hostname);
  };
  page.on("request", (request) => asked(request.url()));
  page.on("websocket", (socket) => asked(socket.url()));
  return seen;
}

/**
 * A page of its own for each test.  Afterwards it must have asked nobody but this machine and said no
 * error; a picture is kept of what failed.
 */
export const test = base.extend<{ browser: Browser; page: Page; watched: Watch }>({
  browser: [
    async ({}, give) => {
      const browser = await chromium.launch({ executablePath: inject("chromium"), args: FLAGS });
      await give(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
  page: async ({ browser, task, onTestFailed }, give) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, colorScheme: "light" });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    onTestFailed(async () => {
      mkdirSync(inject("results"), { recursive: true });
      await page.screenshot({ path: join(inject("results"), `${task.name.replace(/\W+/g, "-")}.png`) });
      await context.close();
    });
    await give(page);
    if (task.result?.state !== "fail") await context.close();
  },
  watched: [
    async ({ page }, give) => {
      const seen = watch(page);
      await give(seen);
      expect([...seen.hosts].filter((host) => host !== "127.0.0.1")).toEqual([]);
      expect(seen.errors).toEqual([]);
    },
    { auto: true },
  ],
});
