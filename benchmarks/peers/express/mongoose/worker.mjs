// One worker process of the service on MongoDB, as Express engineers write it with Mongoose.  `peer` says
// how far it is tuned:
//   mongoose        nothing is kept, nothing is grouped
//   mongoose-tuned  verified tokens and documents are kept, trails are gathered, Redis commands are pipelined
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { Arrivals } from "../common/arrivals.mjs";
import { Areas, Router } from "../common/geography.mjs";
import { LivePositions } from "../common/live.mjs";
import { Positions } from "../common/positions.mjs";
import { scripts } from "../common/scripts.mjs";
import { Streams } from "../common/streams.mjs";
import { CityClock } from "../common/time.mjs";
import { application } from "../usual/app.mjs";
import { Coverage } from "../usual/coverage.mjs";
import { Limits } from "../usual/limits.mjs";
import { logging, timing } from "../usual/observe.mjs";
import { AsyncAuth } from "./auth.mjs";
import { Chat } from "./chat.mjs";
import { CachedDocuments, Documents } from "./documents.mjs";
import { connect } from "./models.mjs";
import { Rescues } from "./rescues.mjs";
import { Broadcast, Trails } from "./tracking.mjs";

export async function serve(config) {
  const tuned = config.peer === "mongoose-tuned";
  const redis = new Redis(config.redis_url, { enableAutoPipelining: tuned, scripts });
  const mongo = await connect(config.database);
  const documents = tuned ? new CachedDocuments(redis) : new Documents();
  const log = logging(config.log, { slim: false });
  const { logger } = log;
  const clock = new CityClock(config.city_offset_ms);
  const router = new Router(config);
  const areas = new Areas(await documents.all("areas"));
  const live = new LivePositions(redis, clock, config.fresh_seconds);
  const arrivals = new Arrivals({ live, store: documents, router, radiusM: config.radius_m });
  const app = application({
    config,
    logging: log,
    timing: timing(),
    auth: new AsyncAuth(config.token_secrets, documents, { remember: tuned }),
    limits: new Limits(redis, config.limits),
    documents,
    rescues: new Rescues(documents),
    chat: new Chat({ streams: new Streams(redis, config.streams), clock, logger }),
    coverage: new Coverage(areas, arrivals, { remember: false }),
    positions: new Positions({
      live,
      areas,
      clock,
      broadcast: new Broadcast({ redis, documents, router, logger }),
      trails: new Trails({ documents, logger, gather: tuned }),
      freshSeconds: config.fresh_seconds,
    }),
  });
  const server = createServer({ keepAliveTimeout: 75_000 }, app);
  server.listen(config.port, "127.0.0.1");
  process.on("SIGTERM", () => {
    server.close(async () => {
      await mongo.disconnect();
      process.exit(0);
    });
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 2000).unref();
  });
}
