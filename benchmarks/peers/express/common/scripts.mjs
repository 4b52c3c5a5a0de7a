// Our Lua, as ioredis wants it: each script becomes a command of the connection.
import { readFileSync } from "node:fs";

const lua = (name) => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), "utf8");

export const scripts = {
  reportPositions: { lua: lua("report-positions") },
  nearbyDrivers: { lua: lua("nearby-drivers") },
  appendEvents: { lua: lua("append-events") },
};
