// One connection, auto-pipelining: commands of the same turn of the event loop go out together.
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";

const lua = (name) => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), "utf8");

export function connect(url) {
  return new Redis(url, {
    enableAutoPipelining: true,
    scripts: {
      takeTokens: { lua: lua("take-tokens"), numberOfKeys: 2 },
      takeToken: { lua: lua("take-tokens"), numberOfKeys: 1 },
      reportPositions: { lua: lua("report-positions") },
      nearbyDrivers: { lua: lua("nearby-drivers") },
      appendEvents: { lua: lua("append-events") },
    },
  });
}
