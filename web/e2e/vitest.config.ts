import { defineConfig, type ViteUserConfig } from "vitest/config";

const PHONE = ["rider", "offline", "wholeWay"].map((name) => `e2e/${name}.test.ts`);
/** Pages of their own, in detail. */
const PAGES = ["consoleDown", "demo", "docs", "gallery", "mapView"].map((name) => `e2e/${name}.test.ts`);
const JOURNEYS = "e2e/journeys/**/*.test.ts";
/** A check of a list, which `npm test` makes. */
const NO_BROWSER = "e2e/screenList.test.ts";
const LIVELY = "e2e/support/livelyCity.ts";
const QUIET = "e2e/support/quietCity.ts";

/** What all browser tests have in common. */
export const common: NonNullable<ViteUserConfig["test"]> = {
  environment: "node",
  fileParallelism: false,
  sequence: { shuffle: { files: false, tests: true } },
  testTimeout: 600_000, // a sign-in may have to wait for an unused code, and the machine may be busy
  hookTimeout: 300_000,
  teardownTimeout: 120_000,
  expect: { poll: { timeout: 90_000, interval: 100 } },
};

/** The groups of browser tests (`--mode NAME`); each run has a demo city of its own. */
const GROUPS: Record<string, { include: string[]; exclude?: string[]; globalSetup: string }> = {
  desk: { include: ["e2e/*.test.ts"], exclude: [...PHONE, ...PAGES, NO_BROWSER], globalSetup: LIVELY },
  phone: { include: PHONE, globalSetup: QUIET },
  pages: { include: PAGES, globalSetup: LIVELY },
  journeys: { include: [JOURNEYS], globalSetup: QUIET },
};
const ALL = { include: ["e2e/**/*.test.ts"], exclude: [NO_BROWSER], globalSetup: LIVELY };

export default defineConfig(({ mode }) => ({ test: { ...common, ...(GROUPS[mode] ?? ALL) } }));
