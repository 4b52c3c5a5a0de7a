// Fails if an app's first load has more compressed script than its budget.
// Usage: node budget.js DIST KILOBYTES [CHUNK...]
// The first load is what index.html names, the named chunks (the first screen, the texts of one language), and what all
// of those import at once.
import console from "node:console";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";

const [dist, limit, ...chunks] = process.argv.slice(2);
if (!dist || !Number(limit)) throw new Error("usage: node budget.js DIST KILOBYTES");

const assets = join(dist, "assets");
const known = new Set(readdirSync(assets).filter((name) => name.endsWith(".js")));
const sizes = new Map();

/** The scripts that this one imports before it runs. */
function importsOf(source) {
  const specifiers = [...source.matchAll(/(?:^|[;}\s])import\s*(?:[\w*${}\s,]+from\s*)?["']\.\/([\w.-]+\.js)["']/g), ...source.matchAll(/(?:^|[;}\s])export\s*[\w*{}\s,$]+from\s*["']\.\/([\w.-]+\.js)["']/g)];
  return specifiers.map((match) => match[1]);
}

function add(name) {
  if (sizes.has(name) || !known.has(name)) return;
  const source = readFileSync(join(assets, name), "utf8");
  sizes.set(name, gzipSync(source, { level: 9 }).length);
  importsOf(source).forEach(add);
}

const html = readFileSync(join(dist, "index.html"), "utf8");
for (const match of html.matchAll(/(?:src|href)="[^"]*\/assets\/([\w.-]+\.js)"/g)) add(match[1]);

for (const chunk of chunks) {
  const name = [...known].find((candidate) => candidate.startsWith(`${chunk}-`));
  if (!name) throw new Error(`${dist}/assets has no chunk ${chunk}`);
  add(name);
}

const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
const inKb = (bytes) => (bytes / 1_000).toFixed(1);
if (sizes.size === 0) throw new Error(`${dist}/index.html names no script`);
if (total > Number(limit) * 1_000) {
  for (const [name, size] of [...sizes].sort((a, b) => b[1] - a[1])) console.error(`${inKb(size).padStart(8)} kB  ${name}`);
  console.error(`The first load has ${inKb(total)} kB of compressed script; the budget is ${limit} kB.`);
  process.exit(1);
}
console.log(`first load: ${inKb(total)} kB of compressed script (budget ${limit} kB)`);
