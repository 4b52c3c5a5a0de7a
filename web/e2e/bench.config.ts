import { defineConfig } from "vitest/config";

import { common } from "./vitest.config.ts";

/** Measurements in the browser, which `make bench` runs.  They need an idle machine. */
export default defineConfig({ test: { ...common, include: ["e2e/**/*.bench.ts"], globalSetup: "e2e/support/livelyCity.ts" } });
