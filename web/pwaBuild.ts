/** The part of a web app manifest that differs between the apps. */
export interface AppManifest {
  name: string;
  short_name: string;
  description: string;
  scope: string;
  shortcuts: { name: string; url: string }[];
}

/** The manifest of an app whose icons are in its public folder. */
export const manifestOf = ({ scope, ...own }: AppManifest) => ({
  ...own,
  id: scope,
  scope,
  start_url: scope,
  display: "standalone" as const,
  orientation: "portrait" as const,
  background_color: "#f3f4f0",
  theme_color: "#0b2b2f",
  categories: ["navigation", "travel"],
  icons: [
    { src: `${scope}icon.svg`, sizes: "any", type: "image/svg+xml" },
    { src: `${scope}icon-192.png`, sizes: "192x192", type: "image/png" },
    { src: `${scope}icon-512.png`, sizes: "512x512", type: "image/png" },
    { src: `${scope}icon-maskable-512.png`, sizes: "512x512", type: "image/png", purpose: "maskable" as const },
  ],
});

/** What the plugin needs to build an app's service worker from `src/sw.ts`; the app registers it itself. */
export const serviceWorkerBuild = {
  strategies: "injectManifest" as const,
  srcDir: "src",
  filename: "sw.ts",
  injectRegister: null,
  injectManifest: {
    globPatterns: ["index.html", "assets/*.{js,css,woff2}", "icon.svg"],
    // Large and of use only with a connection: loaded when they are needed.
    globIgnores: ["**/*mapbox*", "**/*maplibre*"],
    maximumFileSizeToCacheInBytes: 1_500_000,
  },
};
