import { defineConfig } from "vitest/config";

/** Browser tests share one small demo city and run one after another. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    globalSetup: ["e2e/support/setup.ts"],
    environment: "node",
    fileParallelism: false,
    sequence: { shuffle: { files: false, tests: true } },
    testTimeout: 300_000, // a sign-in may have to wait for an unused code, and the machine may be busy
    hookTimeout: 120_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 100 } },
  },
});
