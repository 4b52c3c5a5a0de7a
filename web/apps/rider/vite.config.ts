import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

import { firstLoad } from "../../firstLoad.ts";
import { manifestOf, serviceWorkerBuild, translatedManifests } from "../../pwaBuild.ts";

const name = { name: "SupportCarr", short_name: "SupportCarr" };
const app = { scope: "/", shortcuts: ["request/where", "rescues"] };
const manifest = manifestOf(app, "en", { ...name, description: "Help on the way when your e-bike cannot go on.", shortcuts: ["Get help", "Your rescues"] });
const translated = translatedManifests(app, {
  es: { ...name, description: "Ayuda en camino cuando su bicicleta eléctrica no puede seguir.", shortcuts: ["Pedir ayuda", "Sus rescates"] },
  fr: { ...name, description: "De l’aide en route quand votre vélo électrique vous lâche.", shortcuts: ["Demander de l’aide", "Vos dépannages"] },
});

export default defineConfig({
  base: "/",
  build: { chunkSizeWarningLimit: 2_000 }, // the map libraries, loaded when a map is shown
  plugins: [react(), tailwindcss(), firstLoad(), VitePWA({ ...serviceWorkerBuild, manifest }), translated],
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/config.json": "http://127.0.0.1:8000" } },
});
