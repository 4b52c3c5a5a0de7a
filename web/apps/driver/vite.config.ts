import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

import { manifestOf, serviceWorkerBuild } from "../../pwaBuild.ts";

const manifest = manifestOf({
  name: "SupportCarr Driver",
  short_name: "Driver",
  description: "Jobs for drivers of SupportCarr.",
  scope: "/driver/",
  shortcuts: [{ name: "Earnings", url: "/driver/earnings" }, { name: "Shifts", url: "/driver/shifts" }],
});

export default defineConfig({
  base: "/driver/",
  build: { chunkSizeWarningLimit: 2_000 }, // the map libraries, loaded when a map is shown
  plugins: [react(), tailwindcss(), VitePWA({ ...serviceWorkerBuild, manifest })],
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/config.json": "http://127.0.0.1:8000" } },
});
