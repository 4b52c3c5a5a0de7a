import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { defineConfig, type Plugin } from "vite";

const COMPRESSED = /\.(js|css)$/;

/** Compressed once here, so that the server reads both forms from its disk and keeps neither in memory. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  closeBundle() {
    const folder = join(import.meta.dirname, "dist/assets");
    for (const name of readdirSync(folder).filter((one) => COMPRESSED.test(one))) {
      writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
    }
  },
};

export default defineConfig({
  base: "/docs/",
  plugins: [compressed],
  build: { chunkSizeWarningLimit: 4_000 },
  server: { proxy: { "/openapi.json": "http://127.0.0.1:8000" } },
});
