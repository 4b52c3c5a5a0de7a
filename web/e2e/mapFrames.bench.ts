import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";

import type { Page } from "playwright-core";
import { describe, expect } from "vitest";

import { demoCityAvailable, getDemoCity, test } from "./support/browser.ts";
import { ConsolePage } from "./support/consolePage.ts";
import { quantile, recordProfile, scriptTime } from "./support/cpuProfile.ts";
import { MapPage } from "./support/mapPage.ts";

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

  test("in the rider's map with the truck that comes", async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    const map = new MapPage(page, getDemoCity().base);
    await map.open();
    const pickup: [number, number] = [MIDDLE.lng, MIDDLE.lat];
    const show = (at: number) => {
      const { lat, lng, heading } = positionOf(1, at);
      return map.show({ fit: [pickup, [lng, lat]], markers: [{ id: "truck", kind: "truck", at: [lng, lat], heading, label: "Truck" }, { id: "rider", kind: "rider", at: pickup, label: "You" }] });
    };
    await show(0);
    await map.drawn();
    let at = 0;
    const timer = setInterval(() => void show((at += 1)), 1_000);
    try {
      await measure(page, "rider", (url) => url.includes("/map-page/") && !url.includes("maplibre"));
    } finally {
      clearInterval(timer);
    }
  });
});
