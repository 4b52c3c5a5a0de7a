import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";

import lighthouse from "lighthouse";
import { type BrowserContext, chromium } from "playwright-core";
import { afterAll, describe, expect, inject, test } from "vitest";

import { CHROMIUM_FLAGS, demoCityAvailable, getDemoCity } from "./support/browser.ts";
import { inProcessorTime, type TraceEvent } from "./support/processorTime.ts";
import { makeScreenPeople, PASSWORD, PHONES, type ScreenPeople } from "./support/screenPeople.ts";

const RESULTS = resolve(import.meta.dirname, "../../benchmarks/results");
const RUNS = Number(process.env.LIGHTHOUSE_RUNS ?? 5);
const LEAST = { performance: 90, accessibility: 100, "best-practices": 95 };
const METRICS = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index"] as const;

/** Without WebGL: the map's code is loaded and run, but nothing is drawn. */
const UNDRAWN = "--disable-3d-apis";

type Category = keyof typeof LEAST;
type Run = { scores: Record<Category, number>; metrics: Record<string, number>; lost: string[]; alone: Alone };
/** The same visit with each task as long as it ran: what it would be if nothing else had used the processor. */
type Alone = { performance: number; "total-blocking-time": number };

const NOT_RECORDED = "NO_NAVSTART"; // Lighthouse's code for a trace without the page's start
const NOT_RECORDED_MAX = 2; // visits of one measurement

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const freePort = (): Promise<number> =>
  new Promise((resolved) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolved(typeof address === "object" && address ? address.port : 0));
    });
  });

/** Does something in a browser that Lighthouse can connect to and that ends with it; the profile stays. */
async function inBrowser<T>(profile: string, flags: string[], work: (context: BrowserContext, port: number) => Promise<T>): Promise<T> {
  const port = await freePort();
  const context = await chromium.launchPersistentContext(profile, { executablePath: inject("chromium"), args: [...CHROMIUM_FLAGS, ...flags, `--remote-debugging-port=${port}`] });
  try {
    return await work(context, port);
  } finally {
    await context.close();
  }
}

/** Signs a person in, in a page that it closes. */
async function signIn(context: BrowserContext, app: "rider" | "driver"): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${getDemoCity().base}${app === "driver" ? "/driver" : ""}/sign-in`);
  await page.getByLabel(/^Phone/).fill(PHONES[app]);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
  await page.close();
}

/** Forgets all that was loaded, not who is signed in: each run loads everything anew. */
async function forget(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Storage.clearDataForOrigin", { origin: getDemoCity().base, storageTypes: "indexeddb,cache_storage,service_workers" });
  await session.send("Network.clearBrowserCache");
  await page.close();
}

/** Audits what was gathered in `folder` once more, in the processor's time. */
async function auditAlone(url: string, folder: string, flags: object): Promise<Alone> {
  const path = join(folder, "trace.json");
  const trace = JSON.parse(readFileSync(path, "utf8")) as { traceEvents: TraceEvent[] };
  writeFileSync(path, JSON.stringify({ ...trace, traceEvents: inProcessorTime(trace.traceEvents) }));
  const result = await lighthouse(url, { ...flags, auditMode: folder });
  return { performance: Math.round((result?.lhr.categories.performance?.score ?? 0) * 100), "total-blocking-time": result?.lhr.audits["total-blocking-time"]?.numericValue ?? 0 };
}

/** One visit; `null` if it was not recorded, as sometimes happens: that says nothing of the page. */
async function run(url: string, port: number): Promise<Run | null> {
  const folder = mkdtempSync(join(tmpdir(), "supportcarr-lighthouse-visit-"));
  const flags = { port, logLevel: "error", output: "json", onlyCategories: Object.keys(LEAST), disableStorageReset: true } as const;
  const result = await lighthouse(url, { ...flags, gatherMode: folder, auditMode: folder });
  if (!result) throw new Error(`Lighthouse has no result for ${url}`);
  const { categories, audits, runtimeError } = result.lhr;
  if (runtimeError && runtimeError.code !== NOT_RECORDED) throw new Error(runtimeError.message);
  const alone = runtimeError ? null : await auditAlone(url, folder, flags);
  rmSync(folder, { recursive: true, force: true });
  if (!alone) return null;
  const scores = Object.fromEntries(Object.keys(LEAST).map((category) => [category, Math.round((categories[category]?.score ?? 0) * 100)])) as Run["scores"];
  const weighed = Object.values(categories).flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => id));
  const lost = weighed.filter((id) => (audits[id]?.score ?? 1) < 0.9).map((id) => `${id} ${audits[id]?.displayValue ?? ""}`.trim());
  if (process.env.LIGHTHOUSE_REPORT) writeFileSync(`${process.env.LIGHTHOUSE_REPORT}-${Date.now()}.json`, JSON.stringify(result.lhr));
  return { scores, metrics: Object.fromEntries(METRICS.map((id) => [id, audits[id]?.numericValue ?? 0])), lost, alone };
}

/**
 * Medians of that many visits, each in a browser of its own.  In a browser that has shown the page before, the debugger through which
 * Lighthouse works walks the earlier visit's heap just before the page is there: 100 ms of the measuring, which would count as the page's.
 */
async function measure(url: string, { runs, flags = [], person }: { runs: number; flags?: string[]; person: "rider" | "driver" | undefined }): Promise<Run> {
  const profile = mkdtempSync(join(tmpdir(), "supportcarr-lighthouse-"));
  try {
    if (person) await inBrowser(profile, flags, (context) => signIn(context, person));
    const results: Run[] = [];
    for (let visits = 0; results.length < runs; visits += 1) {
      if (visits === runs + NOT_RECORDED_MAX) throw new Error(`${visits - results.length} visits of ${url} were not recorded`);
      await inBrowser(profile, flags, forget);
      const result = await inBrowser(profile, flags, (_, port) => run(url, port));
      if (result) results.push(result);
    }
    return {
      scores: Object.fromEntries(Object.keys(LEAST).map((category) => [category, median(results.map(({ scores }) => scores[category as Category]))])) as Run["scores"],
      metrics: Object.fromEntries(METRICS.map((id) => [id, median(results.map(({ metrics }) => metrics[id] ?? 0))])),
      alone: { performance: median(results.map(({ alone }) => alone.performance)), "total-blocking-time": median(results.map(({ alone }) => alone["total-blocking-time"])) },
      lost: [...new Set(results.flatMap(({ lost }) => lost.map((each) => each.split(" ", 1)[0] ?? "")))],
    };
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}

const shown = ({ scores, metrics, lost, alone }: Run): string =>
  [
    ...Object.entries(scores).map(([category, score]) => `${category} ${score}`),
    ...Object.entries(metrics).map(([id, value]) => `${id} ${value.toFixed(id.endsWith("shift") ? 3 : 0)}`),
    `in the processor's own time performance ${alone.performance} and total-blocking-time ${alone["total-blocking-time"].toFixed(0)}`,
    `below 90: ${lost.join(" ") || "none"}`,
  ].join(", ");

/**
 * The browser of the tests draws WebGL in software, on the processor that Lighthouse slows down four times: a frame of the
 * map, which a phone's graphics draws in milliseconds, counts as hundreds of milliseconds of script.  So the performance of a page with a
 * map is held to the bar without WebGL (the map's library is loaded and run, its frames are `mapFrames.bench.ts`'s), and
 * what it is with the map drawn in software is recorded beside it.  Accessibility and best practices hold for both.
 */
describe.skipIf(!demoCityAvailable)("Lighthouse, as a phone", () => {
  let making: Promise<ScreenPeople> | null = null;
  afterAll(async () => (await making)?.stop());

  const pages: { name: string; path: (people: ScreenPeople) => string; person?: "rider" | "driver"; map?: true }[] = [
    { name: "rider-first", path: () => "/" },
    { name: "rider-home", path: () => "/", person: "rider", map: true },
    { name: "driver-first", path: () => "/driver/" },
    { name: "driver-home", path: () => "/driver/", person: "driver", map: true },
    { name: "track", path: (people) => `/track#${people.belongings.shareToken}`, map: true },
  ];
  for (const { name, path, person, map } of pages) {
    test(`finds the bars met on ${name}`, { timeout: 900_000 }, async () => {
      const people = await (making ??= makeScreenPeople());
      const url = `${getDemoCity().base}${path(people)}`;
      const before = loadavg()[0] ?? 0;
      const drawn = map ? await measure(url, { runs: 1, person }) : null;
      const found = await measure(url, { runs: RUNS, person, flags: map ? [UNDRAWN] : [] });
      const load = [before, loadavg()[0] ?? 0];
      mkdirSync(RESULTS, { recursive: true });
      writeFileSync(join(RESULTS, `lighthouse-${name}.json`), `${JSON.stringify({ runs: RUNS, ...found, drawn, machine: { cores: cpus().length, load } }, null, 2)}\n`);
      const loads = load.map((value) => value.toFixed(1)).join(" to ");
      console.log(`${name} (load ${loads}): ${shown(found)}${drawn ? `\n  with the map drawn in software: ${shown(drawn)}` : ""}`);
      for (const [category, least] of Object.entries(LEAST)) {
        expect(found.scores[category as Category], `${category} of ${name}`).toBeGreaterThanOrEqual(least);
        if (drawn && category !== "performance") expect(drawn.scores[category as Category], `${category} of ${name} with the map drawn`).toBeGreaterThanOrEqual(least);
      }
      if (drawn) expect(drawn.metrics["cumulative-layout-shift"], `layout shift of ${name} with the map drawn`).toBeLessThanOrEqual(0.1);
    });
  }
});
