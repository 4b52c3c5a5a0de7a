import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Page } from "playwright-core";
import { build } from "vite";

import type { MapViewProps } from "@supportcarr/map/types";

const PATH = "/map-page/";
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

let built: Promise<string> | null = null;

/** Builds the page once; returns the folder. */
async function buildPage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "map-page-"));
  await build({
    configFile: false,
    root: resolve(import.meta.dirname, "../map-page"),
    base: PATH,
    logLevel: "error",
    plugins: [react(), tailwindcss()],
    build: { outDir: folder, emptyOutDir: true, chunkSizeWarningLimit: 2_000 },
  });
  return folder;
}

export interface MapProps extends Omit<MapViewProps, "label" | "onMove" | "onReady"> {
  movable?: boolean;
}

/** A page with one map, under the address and the headers of a running platform. */
export class MapPage {
  constructor(
    readonly page: Page,
    private readonly base: string,
  ) {}

  /** Opens the page; `map` are other settings of the map, `origins` those that it may then ask. */
  async open({ map = {}, origins = [] }: { map?: object; origins?: string[] } = {}): Promise<void> {
    built ??= buildPage();
    const folder = await built;
    const policy = (await fetch(`${this.base}/admin/`)).headers.get("content-security-policy") ?? "";
    const more = origins.map((origin) => ` ${origin}`).join("");
    const allowed = policy.replace(/(connect-src|img-src)[^;]*/g, (rule) => rule + more);
    await this.page.route(`**${PATH}**`, async (route) => {
      const name = new URL(route.request().url()).pathname.slice(PATH.length) || "index.html";
      await route.fulfill({ body: readFileSync(join(folder, name)), contentType: TYPES[extname(name)] ?? "application/octet-stream", headers: { "content-security-policy": allowed } });
    });
    await this.page.route("**/config.json", async (route) => {
      const config = (await (await route.fetch()).json()) as { map: object };
      await route.fulfill({ json: { ...config, map: { ...config.map, ...map } } });
    });
    await this.page.goto(this.base + PATH);
  }

  async show(props: MapProps): Promise<void> {
    await this.page.evaluate((given) => window.showMap(given as Parameters<typeof window.showMap>[0]), props as never);
  }

  /** Waits until the map is drawn. */
  async drawn(): Promise<void> {
    await this.page.locator("[data-testid=map][data-ready=true]").waitFor();
    await this.page.evaluate(
      () =>
        new Promise<void>((resolved) => {
          const map = document.querySelector<HTMLElement & { supportcarrMap?: { loaded: () => boolean; once: (event: string, then: () => void) => void } }>("[data-testid=map]")?.supportcarrMap;
          if (!map || map.loaded()) resolved();
          else map.once("idle", () => resolved());
        }),
    );
  }

  /** The centre of the map: longitude and latitude. */
  center(): Promise<[number, number]> {
    return this.page.evaluate(() => {
      const map = document.querySelector<HTMLElement & { supportcarrMap?: { getCenter: () => { lng: number; lat: number } } }>("[data-testid=map]")?.supportcarrMap;
      const { lng, lat } = map?.getCenter() ?? { lng: 0, lat: 0 };
      return [lng, lat] as [number, number];
    });
  }

  async setTheme(theme: "light" | "dark"): Promise<void> {
    await this.page.evaluate((name) => {
      document.documentElement.dataset.theme = name;
    }, theme);
  }
}
