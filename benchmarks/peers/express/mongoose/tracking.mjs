// What becomes of a position that is believed: those who wait are told, and the way of a live job is written.
import { Trail } from "./models.mjs";

const FLUSH_MS = 5000;

export class Broadcast {
  #redis;
  #documents;
  #router;
  #logger;

  constructor({ redis, documents, router, logger }) {
    this.#redis = redis;
    this.#documents = documents;
    this.#router = router;
    this.#logger = logger;
  }

  put(driver, fix, area) {
    this.#publish(driver, fix, area).catch((error) => this.#logger.error({ err: error }, "position not published"));
  }

  async #publish(driver, fix, area) {
    const last = await this.#documents.get("livejobs", driver);
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
    await this.#redis.publish("sc:positions", JSON.stringify([update]));
  }
}

/** `gather`: write the ways every few seconds, all at once. */
export class Trails {
  #documents;
  #logger;
  #gathered;

  constructor({ documents, logger, gather }) {
    this.#documents = documents;
    this.#logger = logger;
    if (gather) {
      this.#gathered = [];
      setInterval(() => this.#flush(), FLUSH_MS).unref();
    }
  }

  put(driver, fix) {
    this.#note(driver, fix).catch((error) => this.#logger.error({ err: error }, "trail not written"));
  }

  async #note(driver, fix) {
    const job = await this.#documents.get("livejobs", driver);
    if (job === undefined || fix.micros < job.since.getTime() * 1000) return;
    if (this.#gathered !== undefined) this.#gathered.push([driver, job.rescue_id, fix]);
    else await Trail.create(trailOf(driver, job.rescue_id, [fix]));
  }

  #flush() {
    const ways = new Map();
    for (const [driver, rescueId, fix] of this.#gathered) {
      const way = ways.get(driver) ?? { rescueId, fixes: [] };
      way.fixes.push(fix);
      ways.set(driver, way);
    }
    this.#gathered = [];
    if (ways.size === 0) return;
    const trails = [...ways].map(([driver, { rescueId, fixes }]) => trailOf(driver, rescueId, fixes));
    Trail.insertMany(trails).catch((error) => this.#logger.error({ err: error }, "trails not written"));
  }
}

function trailOf(driver, rescueId, fixes) {
  const points = fixes.map(({ at, lat, lng }) => [at, lat, lng]);
  return { rescue_id: rescueId, driver_id: driver, began_at: points[0][0], points };
}
