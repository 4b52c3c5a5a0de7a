import type { Plugin } from "vite";

/** What a web app manifest says in one language. */
export interface ManifestTexts {
  name: string;
  short_name: string;
  description: string;
  /** The names of the shortcuts, in their order. */
  shortcuts: string[];
}

/** The part of a web app manifest that differs between the apps. */
export interface AppManifest {
  scope: string;
  /** The addresses of the shortcuts, below the scope. */
  shortcuts: string[];
}

/** The manifest of an app whose icons are in its public folder. */
export const manifestOf = ({ scope, shortcuts }: AppManifest, lang: string, { shortcuts: names, ...texts }: ManifestTexts) => ({
  ...texts,
  lang,
  shortcuts: shortcuts.map((path, index) => ({ name: names[index] ?? path, url: `${scope}${path}` })),
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

/** Writes `manifest.LANGUAGE.webmanifest` for the other languages; `IntlProvider` of i18n points the page to it. */
export const translatedManifests = (app: AppManifest, languages: Record<string, ManifestTexts>): Plugin => ({
  name: "translated-manifests",
  apply: "build",
  generateBundle() {
    for (const [lang, texts] of Object.entries(languages))
      this.emitFile({ type: "asset", fileName: `manifest.${lang}.webmanifest`, source: JSON.stringify(manifestOf(app, lang, texts)) });
  },
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
