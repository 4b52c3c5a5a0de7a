import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

import type { TestProject } from "vitest/node";

import { type CityPeople, type DemoCity, startDemoCity } from "./demoCity.ts";

declare module "vitest" {
  export interface ProvidedContext {
    city: DemoCity | null;
    chromium: string;
    results: string;
  }
}

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const RESULTS_DIR = resolve(import.meta.dirname, "../../../test-results");

const findBrowser = (): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => BROWSERS.map((name) => join(folder, name)))
    .find(existsSync);

/** Starts one demo city for all tests of a run.  Without a browser every test is skipped and no city is started. */
export async function setUpCity(project: TestProject, people: CityPeople): Promise<(() => Promise<void>) | undefined> {
  const chromium = findBrowser();
  project.provide("chromium", chromium ?? "");
  project.provide("results", RESULTS_DIR);
  if (!chromium) {
    console.log(`Browser tests are skipped: none of ${BROWSERS.join(", ")} is on the PATH.`);
    project.provide("city", null);
    return undefined;
  }
  rmSync(RESULTS_DIR, { recursive: true, force: true });
  const city = await startDemoCity(people);
  const { base, pid, admin, support, riders, tokens, links } = city;
  project.provide("city", { base, pid, admin, support, riders, tokens, links });
  return async () => {
    if (existsSync(RESULTS_DIR)) {
      mkdirSync(RESULTS_DIR, { recursive: true });
      writeFileSync(join(RESULTS_DIR, "city.log"), city.output());
    }
    await city.stop();
  };
}
