import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

import { firstLoad } from "../../firstLoad.ts";
import { manifestOf, serviceWorkerBuild, translatedManifests } from "../../pwaBuild.ts";

const app = { scope: "/driver/", shortcuts: ["earnings", "shifts"] };
const manifest = manifestOf(app, "en", {
  name: "SupportCarr Driver",
  short_name: "Driver",
  description: "Jobs for drivers of SupportCarr.",
  shortcuts: ["Earnings", "Shifts"],
});
const translated = translatedManifests(app, {
  es: { name: "SupportCarr Conductor", short_name: "Conductor", description: "Servicios para conductores de SupportCarr.", shortcuts: ["Ganancias", "Turnos"] },
  fr: { name: "SupportCarr Conducteur", short_name: "Conducteur", description: "Des courses pour les conducteurs de SupportCarr.", shortcuts: ["Gains", "Périodes de conduite"] },
});

export default defineConfig({
  base: "/driver/",
  build: { chunkSizeWarningLimit: 2_000 }, // the map libraries, loaded when a map is shown
  plugins: [react(), tailwindcss(), firstLoad(), VitePWA({ ...serviceWorkerBuild, manifest }), translated],
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/config.json": "http://127.0.0.1:8000" } },
});
