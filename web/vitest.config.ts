import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["apps/*/src/**/*.test.{ts,tsx}", "packages/*/src/**/*.test.{ts,tsx}", "e2e/screenList.test.ts", "e2e/support/*.test.ts"],
    environment: "node", // a test of something that is shown names jsdom in its first line
    setupFiles: ["vitest.setup.ts"],
    sequence: { shuffle: true },
    // What waits is given a minute (vitest.setup.ts): a busy machine needs longer than usual.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
