#!/usr/bin/env bash
# @sparticuz/chromium 153.0.0 (headless Chromium), playwright-core 1.65.1 (Node)
#
# Input: a page sends a POST with `fetch`, once on a new connection and once on one that served a request before. The
#   server reads the whole of it, acts, and its process ends (here: the socket is destroyed) before it has responded.
# Expected: `fetch` rejects in both cases and the server got each POST once: RFC 9110 (9.2.2) wants no automatic repeat
#   of a request that is not idempotent, and the page alone knows whether it is.
# Seen: so on the new connection. On the used one Chromium sends the POST again, with its body, on a new connection: the
#   server acts twice, `fetch` resolves, and neither the page nor Playwright's `request` events know of two requests.
#   (An upload that was under way begins again in the same way; its progress events continue as if nothing had been.)
# What follows: a key that makes repeats harmless belongs into every POST that must not be done twice, also if the page
#   never repeats one; and a test of a broken upload cannot wait for the page to begin again.
. "$(dirname "$0")/support/common.sh"
node_with @sparticuz/chromium@153.0.0 playwright-core@1.65.1

cat > post.mjs <<'JS'
import http from "node:http";

import chromium from "@sparticuz/chromium";
import { chromium as driver } from "playwright-core";

const received = { fresh: 0, used: 0 };
const dropped = new Set();
const server = http.createServer((request, response) => {
  const name = request.url.slice(1);
  if (request.method !== "POST") return response.setHeader("content-type", "text/html").end("<!doctype html>");
  let size = 0;
  request.on("data", (piece) => (size += piece.length));
  request.on("end", () => {
    if (size !== 1000) throw new Error("the body is not whole");
    received[name] += 1;
    if (dropped.has(name)) return response.end("done");
    dropped.add(name);
    request.socket.destroy();
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${server.address().port}`;

const browser = await driver.launch({ executablePath: await chromium.executablePath(), args: ["--no-sandbox", "--headless=shell"], headless: true }).catch((error) => {
  console.error(error.message.split("\n")[0]);
  process.exit(77);
});
for (const name of ["fresh", "used"]) {
  const page = await browser.newPage();
  let requests = 0;
  page.on("request", (request) => (requests += request.method() === "POST" ? 1 : 0));
  await page.goto(`${base}/page`);
  if (name === "fresh") {
    server.closeIdleConnections();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const outcome = await page.evaluate((path) => fetch(path, { method: "POST", body: "x".repeat(1000) }).then((response) => response.text(), () => "rejected"), `/${name}`);
  console.log(`${name} connection: the page ${outcome}, Playwright saw ${requests}, the server got ${received[name]}`);
  await page.close();
}
await browser.close();
server.close();
JS
seen=$(TMPDIR=$work node post.mjs) || cannot "Chromium does not start here"

unchanged "$seen" <<'END'
fresh connection: the page rejected, Playwright saw 1, the server got 1
used connection: the page done, Playwright saw 1, the server got 2
END
