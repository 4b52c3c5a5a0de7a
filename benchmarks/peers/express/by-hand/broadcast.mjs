// The latest position of each driver, all together in one publish a tick.
import { Ticking } from "./ticking.mjs";

export class Broadcast {
  #redis;
  #jobs;
  #router;
  #latest = new Map();
  #ticking = new Ticking(() => this.#flush(), 100, 1000);

  constructor(redis, jobs, router) {
    this.#redis = redis;
    this.#jobs = jobs;
    this.#router = router;
  }

  put(driver, fix, area) {
    this.#latest.set(driver, { fix, area });
    this.#ticking.nudge();
  }

  async #flush() {
    const latest = this.#latest;
    this.#latest = new Map();
    const jobs = this.#jobs.of([...latest.keys()]);
    const updates = [];
    for (const [driver, { fix, area }] of latest) {
      const job = jobs.get(driver);
      const known = job === undefined || job.ended_at !== undefined ? undefined : job;
      const areaId = area ?? known?.area_id;
      if (areaId !== undefined) updates.push(this.#update(driver, fix, areaId, known));
    }
    if (updates.length > 0) await this.#redis.publish("sc:positions", JSON.stringify(updates)).catch(() => {});
  }

  #update(driver, fix, area, job) {
    const target = job === undefined ? undefined : job.loaded ? job.dropoff : job.pickup;
    return {
      driver_id: driver,
      area_id: area,
      lat: fix.lat,
      lng: fix.lng,
      at: fix.at,
      heading: fix.heading,
      speed: fix.speed,
      rescue_id: job?.rescue_id,
      rider_id: job?.rider_id,
      eta_seconds: target === undefined ? undefined : this.#router.seconds(fix, target),
    };
  }
}
