// One connection, auto-pipelining: commands of the same turn of the event loop go out together.
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { scripts } from "../common/scripts.mjs";

const takeTokens = readFileSync(new URL("./take-tokens.lua", import.meta.url), "utf8");

export function connect(url) {
  return new Redis(url, {
    enableAutoPipelining: true,
    scripts: {
      ...scripts,
      takeTokens: { lua: takeTokens, numberOfKeys: 2 },
      takeToken: { lua: takeTokens, numberOfKeys: 1 },
    },
  });
}
