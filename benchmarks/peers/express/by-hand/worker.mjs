// One worker process: puts the parts together and listens on the port that the workers share.
import { createServer } from "node:http";
import { Arrivals } from "../common/arrivals.mjs";
import { application } from "./app.mjs";
import { Broadcast } from "./broadcast.mjs";
import { Chat } from "./chat.mjs";
import { Coverage } from "./coverage.mjs";
import { Exchange } from "./exchange.mjs";
import { Areas, Router } from "../common/geography.mjs";
import { Guards } from "./guards.mjs";
import { Limits } from "./limits.mjs";
import { LiveJobs } from "./livejobs.mjs";
import { LivePositions } from "../common/live.mjs";
import { openLog } from "./log.mjs";
import { Metrics } from "./metrics.mjs";
import { Outbox } from "./outbox.mjs";
import { Positions } from "../common/positions.mjs";
import { connect } from "./redis.mjs";
import { Rescues } from "./rescues.mjs";
import { Revocations } from "./revocations.mjs";
import { Store } from "./store.mjs";
import { Streams } from "../common/streams.mjs";
import { CityClock } from "../common/time.mjs";
import { Tokens } from "./tokens.mjs";
import { Trails } from "./trails.mjs";
import { Users } from "./users.mjs";

export async function serve(config) {
  const log = openLog(config.log);
  const metrics = new Metrics();
  const store = new Store(config.database);
  const redis = connect(config.redis_url);
  const clock = new CityClock(config.city_offset_ms);
  const router = new Router(config);
  const areas = new Areas(store.all("areas"));
  const users = new Users(store);
  const jobs = new LiveJobs(store);
  const live = new LivePositions(redis, clock, config.fresh_seconds);
  const outbox = new Outbox(store, new Streams(redis, config.streams), log);
  const app = application({
    guards: new Guards(new Tokens(config.token_secrets, new Revocations(store, redis)), new Limits(redis, config.limits)),
    exchange: new Exchange(log, metrics),
    users,
    rescues: new Rescues(store, users),
    chat: new Chat(store, outbox, clock),
    coverage: new Coverage(areas, new Arrivals({ live, store, router, radiusM: config.radius_m })),
    positions: new Positions({
      live,
      areas,
      clock,
      broadcast: new Broadcast(redis, jobs, router),
      trails: new Trails(store, jobs),
      freshSeconds: config.fresh_seconds,
    }),
    maxBodyBytes: config.max_body_bytes,
  });
  metrics.listen();
  const server = createServer({ keepAliveTimeout: 75_000 }, app);
  server.listen(config.port, "127.0.0.1");
  process.on("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 2000).unref();
  });
}
