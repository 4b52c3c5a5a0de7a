// One worker process of the service as Express engineers write it.  `peer` says how far it is tuned:
//   as-written     nothing is kept, nothing is grouped
//   tuned          verified tokens and documents are kept, Redis commands are pipelined by themselves
//   tuned-further  arrival times are kept as well, writes are grouped in a thread, log lines hold only our fields
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { Arrivals } from "../common/arrivals.mjs";
import { Areas, Router } from "../common/geography.mjs";
import { LivePositions } from "../common/live.mjs";
import { Positions } from "../common/positions.mjs";
import { scripts } from "../common/scripts.mjs";
import { Streams } from "../common/streams.mjs";
import { CityClock } from "../common/time.mjs";
import { application } from "./app.mjs";
import { Auth } from "./auth.mjs";
import { CachedStore } from "./cached-store.mjs";
import { Chat } from "./chat.mjs";
import { Coverage } from "./coverage.mjs";
import { GroupingStore } from "./grouping-store.mjs";
import { Limits } from "./limits.mjs";
import { logging, timing } from "./observe.mjs";
import { Rescues } from "./rescues.mjs";
import { Store } from "./store.mjs";
import { Broadcast, Trails } from "./tracking.mjs";

export async function serve(config) {
  const further = config.peer === "tuned-further";
  const tuned = further || config.peer === "tuned";
  const redis = new Redis(config.redis_url, { enableAutoPipelining: tuned, scripts });
  const store = storeOf(config, { redis, tuned, further });
  const log = logging(config.log, { slim: further });
  const { logger } = log;
  const clock = new CityClock(config.city_offset_ms);
  const router = new Router(config);
  const areas = new Areas(store.all("areas"));
  const live = new LivePositions(redis, clock, config.fresh_seconds);
  const arrivals = new Arrivals({ live, store, router, radiusM: config.radius_m });
  const app = application({
    config,
    logging: log,
    timing: timing(),
    auth: new Auth(config.token_secrets, store, { remember: tuned }),
    limits: new Limits(redis, config.limits),
    documents: store,
    rescues: new Rescues(store),
    chat: new Chat({ store, streams: new Streams(redis, config.streams), clock, logger }),
    coverage: new Coverage(areas, arrivals, { remember: further }),
    positions: new Positions({
      live,
      areas,
      clock,
      broadcast: new Broadcast({ redis, store, router }),
      trails: new Trails({ store, logger, gather: tuned }),
      freshSeconds: config.fresh_seconds,
    }),
  });
  const server = createServer({ keepAliveTimeout: 75_000 }, app);
  server.listen(config.port, "127.0.0.1");
  process.on("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 2000).unref();
  });
}

function storeOf({ database }, { redis, tuned, further }) {
  if (further) return new GroupingStore(database, redis);
  return tuned ? new CachedStore(database, redis) : new Store(database);
}
