import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";

import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { quantile, recordProfile, scriptTime } from "./support/cpuProfile.ts";
import { CORNER, makeScreenPeople, PASSWORD, phonesOf } from "./support/screenPeople.ts";

const RESULTS = resolve(import.meta.dirname, "../../benchmarks/results");
const TRUCKS = 300;
const WARM_UP_MS = 4_000;
const SECONDS = 15;
const BATCHES_PER_SECOND = 4; // each truck reports once a second
const FRAME_MS_MAX = 4;
const TASK_MS_MAX = 100;
const MIDDLE = { lat: 45.52, lng: -73.6 };

/** A truck's position at a time in seconds: it drives in a circle. */
function positionOf(truck: number, at: number) {
  const angle = truck + at / 20;
  const radius = 0.01 + 0.0001 * truck;
  return {
    driver_id: `usr_bench_${String(truck).padStart(4, "0")}`,
    lat: MIDDLE.lat + radius * Math.sin(angle),
    lng: MIDDLE.lng + radius * Math.cos(angle),
    heading: ((360 - (angle * 180) / Math.PI) % 360 + 360) % 360,
    at: new Date().toISOString(),
  };
}

/** A truck on its way to the rider of the live rescue, slowly enough that it does not arrive while it is watched. */
const comingTruck = (step: number) => ({ lat: CORNER.latitude + 0.006 - 0.00004 * step, lng: CORNER.longitude });

/** How many positions of trucks the page has received since. */
function countPositions(page: Page): () => number {
  let count = 0;
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      if (String(payload).includes("driver:location_update")) count += 1;
    }),
  );
  return () => count;
}

/** Adds positions of trucks to what the server sends. */
async function addTrucks(page: Page): Promise<void> {
  await page.routeWebSocket(/socket\.io/, (socket) => {
    const server = socket.connectToServer();
    let batch = 0;
    let prefix: string | null = null;
    const timer = setInterval(() => {
      if (prefix === null) return;
      const trucks = Array.from({ length: TRUCKS }, (_, truck) => truck).filter((truck) => truck % BATCHES_PER_SECOND === batch % BATCHES_PER_SECOND);
      socket.send(`42${prefix}${JSON.stringify(["driver:location_update", trucks.map((truck) => positionOf(truck, batch / BATCHES_PER_SECOND))])}`);
      batch += 1;
    }, 1_000 / BATCHES_PER_SECOND);
    server.onMessage((message) => {
      // Connected to a namespace: 40/NAME,{…}
      const connected = typeof message === "string" ? /^40(\/[^,]*,)?/.exec(message) : null;
      if (connected) prefix = connected[1] ?? "";
      socket.send(message);
    });
    socket.onMessage((message) => server.send(message));
    socket.onClose(() => clearInterval(timer));
  });
}

const phones = phonesOf("19"); // Lighthouse has its own in the same city

async function measure(page: Page, name: string, isOurs: (url: string) => boolean): Promise<void> {
  await page.waitForTimeout(WARM_UP_MS);
  const session = await page.context().newCDPSession(page);
  const profile = await recordProfile(session, () => page.waitForTimeout(SECONDS * 1_000));
  const { perFrame, longestTask } = scriptTime(profile, isOurs);
  const figures = {
    frames: perFrame.length,
    frame_ms_median: quantile(perFrame, 0.5),
    frame_ms_p95: quantile(perFrame, 0.95),
    longest_task_ms: longestTask,
    machine: { cores: cpus().length, load: loadavg()[0] },
  };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `map-${name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`${name}: ${figures.frame_ms_median.toFixed(2)} ms of script a frame at the median, ${figures.frame_ms_p95.toFixed(2)} ms at the 95th percentile, longest task ${longestTask.toFixed(1)} ms, ${figures.frames} frames with script`);
  expect(perFrame.length).toBeGreaterThan(SECONDS);
  expect(figures.frame_ms_median).toBeLessThanOrEqual(FRAME_MS_MAX);
  expect(longestTask).toBeLessThanOrEqual(TASK_MS_MAX);
}

describe.skipIf(!demoCityAvailable)("script on a map that moves", () => {
  test("in the console with 300 trucks", async ({ page }) => {
    await addTrucks(page);
    await new ConsolePage(page).enter();
    await expect.poll(() => page.getByTestId("map").getAttribute("data-trucks").then(Number)).toBeGreaterThanOrEqual(TRUCKS);
    await measure(page, "console", (url) => url.includes("/admin/assets/") && !url.includes("maplibre"));
  });

  test("in the rider's app with the truck that comes", { timeout: 600_000 }, async ({ page }) => {
    const people = await makeScreenPeople(phones);
    const { base } = getDemoCity();
    try {
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(`${base}/sign-in`);
      await page.getByLabel(/^Phone/).fill(phones.rider);
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL((url) => url.pathname === "/");
      const positions = countPositions(page);
      await page.goto(`${base}/rescues/${people.belongings.liveRescueId}`);
      await page.locator("[data-testid=map][data-ready=true]").waitFor();
      let at = 0;
      const timer = setInterval(() => people.moveTruck(comingTruck((at += 1))), 700); // as often as its driver's app reports
      try {
        await expect.poll(positions).toBeGreaterThan(2); // it moves
        const before = positions();
        await measure(page, "rider", (url) => url.startsWith(`${base}/assets/`) && !url.includes("maplibre"));
        expect(positions() - before).toBeGreaterThan(SECONDS / 3); // and went on moving
      } finally {
        clearInterval(timer);
      }
    } finally {
      await people.stop();
    }
  });
});
