import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["apps/*/src/**/*.test.{ts,tsx}", "packages/*/src/**/*.test.{ts,tsx}"],
    environment: "node", // a test of something that is shown names jsdom in its first line
    sequence: { shuffle: true },
  },
});
