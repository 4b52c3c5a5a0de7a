import { defineConfig } from "vitest/config";

import tests from "./vitest.config.ts";

/** Measurements in the browser, which `make bench` runs.  They need an idle machine. */
export default defineConfig({ test: { ...tests.test, include: ["e2e/**/*.bench.ts"] } });
