// What becomes of a position that is believed: who waits is told, and the way of a live job is written.
import { microsOf } from "../common/time.mjs";

const INSERT = "INSERT INTO trails (rescue_id, body) VALUES (?, ?)";
const FLUSH_MS = 5000;

export class Broadcast {
  #redis;
  #store;
  #router;

  constructor({ redis, store, router }) {
    this.#redis = redis;
    this.#store = store;
    this.#router = router;
  }

  put(driver, fix, area) {
    const last = this.#store.get("livejobs", driver);
    const job = last?.ended_at === undefined ? last : undefined;
    const areaId = area ?? job?.area_id;
    if (areaId === undefined) return;
    const target = job && (job.loaded ? job.dropoff : job.pickup);
    const { lat, lng, at, heading, speed } = fix;
    const update = {
      ...{ driver_id: driver, area_id: areaId, lat, lng, at, heading, speed },
      ...{ rescue_id: job?.rescue_id, rider_id: job?.rider_id },
      eta_seconds: target && this.#router.seconds(fix, target),
    };
    this.#redis.publish("sc:positions", JSON.stringify([update])).catch(() => {}); // the next one is due soon
  }
}

/** `gather`: write the ways every few seconds, in one transaction. */
export class Trails {
  #store;
  #logger;
  #gathered;

  constructor({ store, logger, gather }) {
    this.#store = store;
    this.#logger = logger;
    if (gather) {
      this.#gathered = [];
      setInterval(() => this.#flush(), FLUSH_MS).unref();
    }
  }

  put(driver, fix) {
    const job = this.#store.get("livejobs", driver);
    if (job === undefined || fix.micros < microsOf(job.since)) return;
    if (this.#gathered !== undefined) this.#gathered.push([driver, job.rescue_id, fix]);
    else this.#write([rowOf(driver, job.rescue_id, [fix])]);
  }

  #flush() {
    const ways = new Map();
    for (const [driver, rescueId, fix] of this.#gathered) {
      const way = ways.get(driver) ?? { rescueId, fixes: [] };
      way.fixes.push(fix);
      ways.set(driver, way);
    }
    this.#gathered = [];
    if (ways.size > 0) this.#write([...ways].map(([driver, { rescueId, fixes }]) => rowOf(driver, rescueId, fixes)));
  }

  #write(rows) {
    this.#store.write(...rows).catch((error) => this.#logger.error({ err: error }, "trail not written"));
  }
}

function rowOf(driver, rescueId, fixes) {
  const points = fixes.map(({ at, lat, lng }) => [at, lat, lng]);
  return [INSERT, rescueId, JSON.stringify({ driver_id: driver, began_at: points[0][0], points })];
}
