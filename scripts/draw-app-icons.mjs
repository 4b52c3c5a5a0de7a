#!/usr/bin/env node
// Draws the icons of the web apps from one mark: public/icon.svg, and for those that can be installed PNGs for
// phones. It needs Chromium (scripts/setup browser); run it after a change of the mark (web/packages/ui/src/BrandMark.tsx).
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const WEB = resolve(import.meta.dirname, "../web");
const { chromium } = createRequire(join(WEB, "package.json"))("playwright-core");
const APPS = ["admin", "driver", "gallery", "rider", "track"];
const INSTALLED = ["driver", "rider"];
const INK = "#0b2b2f";

const source = readFileSync(join(WEB, "packages/ui/src/BrandMark.tsx"), "utf8");
const [wheel, truck] = ["WHEEL", "TRUCK"].map((name) => new RegExp(`const ${name} =\\s+"([^"]+)"`).exec(source)[1]);
const mark = `<path d="${wheel}" fill="#f59e0b"/><circle cx="9.9" cy="12" r="1.6" fill="#f59e0b"/><path d="${truck}" fill="#fff" fill-rule="evenodd"/><circle cx="8.8" cy="23.4" r="2.4" fill="#fff"/><circle cx="23.8" cy="23.4" r="2.4" fill="#fff"/>`;
const tile = (rounded) => `<rect width="32" height="32" rx="${rounded}" fill="${INK}"/>`;
const svg = (content) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${content}</svg>`;
// A platform may cut a maskable icon to a circle of 80 % of its width: the mark lies within it.
const maskable = svg(`${tile(0)}<g transform="translate(16 16) scale(.72) translate(-16 -16)">${mark}</g>`);
const square = svg(`${tile(0)}<g transform="translate(16 16) scale(.86) translate(-16 -16)">${mark}</g>`);
const rounded = svg(tile(8) + mark);
const PICTURES = [
  ["icon-192.png", 192, rounded],
  ["icon-512.png", 512, rounded],
  ["icon-maskable-192.png", 192, maskable],
  ["icon-maskable-512.png", 512, maskable],
  ["apple-touch-icon.png", 180, square],
];

for (const app of APPS) writeFileSync(join(WEB, "apps", app, "public/icon.svg"), `${rounded}\n`);

const executablePath = execFileSync("sh", ["-c", "command -v chromium || command -v chromium-browser || command -v google-chrome"], { encoding: "utf8" }).trim();
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
for (const [name, size, picture] of PICTURES) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<body style="margin:0">${picture.replace("<svg ", `<svg style="display:block" width="${size}" height="${size}" `)}</body>`);
  const png = await page.screenshot({ omitBackground: true });
  for (const app of INSTALLED) {
    mkdirSync(join(WEB, "apps", app, "public"), { recursive: true });
    writeFileSync(join(WEB, "apps", app, "public", name), png);
  }
  await page.close();
}
await browser.close();
