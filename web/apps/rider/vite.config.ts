import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

import { manifestOf, serviceWorkerBuild } from "../../pwaBuild.ts";

const manifest = manifestOf({
  name: "SupportCarr",
  short_name: "SupportCarr",
  description: "Help on the way when your e-bike cannot go on.",
  scope: "/",
  shortcuts: [{ name: "Get help", url: "/request/where" }, { name: "Your rescues", url: "/rescues" }],
});

export default defineConfig({
  base: "/",
  plugins: [react(), tailwindcss(), VitePWA({ ...serviceWorkerBuild, manifest })],
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/config.json": "http://127.0.0.1:8000" } },
});
