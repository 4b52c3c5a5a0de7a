import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

import type { TestProject } from "vitest/node";

import { type City, startCity } from "./city.ts";

declare module "vitest" {
  export interface ProvidedContext {
    city: City | null;
    chromium: string;
    results: string;
  }
}

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const RESULTS = resolve(import.meta.dirname, "../../../test-results");

const onPath = (): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(existsSync);

/** One city for all browser tests; without a browser none is started and every test is left out. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const chromium = onPath();
  project.provide("chromium", chromium ?? "");
  project.provide("results", RESULTS);
  if (!chromium) {
    console.log(`Browser tests are left out: none of ${NAMES.join(", ")} is on the PATH.`);
    project.provide("city", null);
    return undefined;
  }
  rmSync(RESULTS, { recursive: true, force: true });
  const city = await startCity();
  const { base, pid, admin, tokens } = city;
  project.provide("city", { base, pid, admin, tokens });
  return async () => {
    if (existsSync(RESULTS)) {
      mkdirSync(RESULTS, { recursive: true });
      writeFileSync(join(RESULTS, "city.log"), city.output());
    }
    await city.end();
  };
}
