// Fails if an app's first load has more compressed script than its budget, in any of its languages.
// Usage: node budget.js DIST KILOBYTES LANGUAGE[,LANGUAGE...] [CHUNK...]
// The first load is what index.html names, the named chunks (the first screen), the texts of one language (all chunks of
// that name: the app's and those of the shared components), and what all of those import at once.
import console from "node:console";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";

const [dist, limit, languages, ...chunks] = process.argv.slice(2);
if (!dist || !Number(limit) || !languages) throw new Error("usage: node budget.js DIST KILOBYTES LANGUAGE[,LANGUAGE...] [CHUNK...]");

const assets = join(dist, "assets");
const known = new Set(readdirSync(assets).filter((name) => name.endsWith(".js")));
const html = readFileSync(join(dist, "index.html"), "utf8");
const named = [...html.matchAll(/(?:src|href)="[^"]*\/assets\/([\w.-]+\.js)"/g)].map((match) => match[1]);
if (named.length === 0) throw new Error(`${dist}/index.html names no script`);

/** The scripts that this one imports before it runs. */
function importsOf(source) {
  const specifiers = [...source.matchAll(/(?:^|[;}\s])import\s*(?:[\w*${}\s,]+from\s*)?["']\.\/([\w.-]+\.js)["']/g), ...source.matchAll(/(?:^|[;}\s])export\s*[\w*{}\s,$]+from\s*["']\.\/([\w.-]+\.js)["']/g)];
  return specifiers.map((match) => match[1]);
}

/** The built files of a chunk: its name and a hash. */
function filesOf(chunk) {
  const files = [...known].filter((name) => name.startsWith(`${chunk}-`) && name.length === chunk.length + "-12345678.js".length);
  if (files.length === 0) throw new Error(`${assets} has no chunk ${chunk}`);
  return files;
}

/** The compressed size of each script of the first load. */
function firstLoad(language) {
  const sizes = new Map();
  const add = (name) => {
    if (sizes.has(name) || !known.has(name)) return;
    const source = readFileSync(join(assets, name), "utf8");
    sizes.set(name, gzipSync(source, { level: 9 }).length);
    importsOf(source).forEach(add);
  };
  [...named, ...[language, ...chunks].flatMap(filesOf)].forEach(add);
  return sizes;
}

const inKb = (bytes) => (bytes / 1_000).toFixed(1);
const loads = languages.split(",").map((language) => {
  const sizes = firstLoad(language);
  return { language, sizes, total: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
});
for (const { language, sizes, total } of loads) {
  if (total <= Number(limit) * 1_000) continue;
  for (const [name, size] of [...sizes].sort((a, b) => b[1] - a[1])) console.error(`${inKb(size).padStart(8)} kB  ${name}`);
  console.error(`The first load in ${language} has ${inKb(total)} kB of compressed script; the budget is ${limit} kB.`);
  process.exitCode = 1;
}
if (!process.exitCode) console.log(`first load: ${loads.map(({ language, total }) => `${inKb(total)} kB (${language})`).join(", ")} of compressed script (budget ${limit} kB)`);
