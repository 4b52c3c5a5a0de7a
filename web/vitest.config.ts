import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["apps/*/src/**/*.test.{ts,tsx}", "packages/*/src/**/*.test.{ts,tsx}", "e2e/screenList.test.ts", "e2e/support/*.test.ts"],
    environment: "node", // a test of something that is shown names jsdom in its first line
    setupFiles: ["vitest.setup.ts"],
    sequence: { shuffle: true },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
