// The way of a live job, written in batches.
import { Ticking } from "./ticking.mjs";
import { microsOf } from "../common/time.mjs";

const POINTS = 200;
const INSERT = "INSERT INTO trails (rescue_id, body) VALUES (?, ?)";

export class Trails {
  #store;
  #jobs;
  #gathered = new Map();
  #ticking = new Ticking(() => this.#flush(), 5000, 30_000);

  constructor(store, jobs) {
    this.#store = store;
    this.#jobs = jobs;
  }

  put(driver, fix) {
    let gathered = this.#gathered.get(driver);
    if (gathered === undefined) this.#gathered.set(driver, (gathered = []));
    if (gathered.length >= POINTS) gathered.shift();
    gathered.push(fix);
    this.#ticking.nudge();
  }

  async #flush() {
    const gathered = this.#gathered;
    this.#gathered = new Map();
    const statements = [];
    for (const [driver, job] of this.#jobs.of([...gathered.keys()])) {
      const since = microsOf(job.since);
      const points = gathered.get(driver).filter((fix) => fix.micros >= since);
      if (points.length === 0) continue;
      const trail = { driver_id: driver, began_at: points[0].at, points: points.map((fix) => [fix.at, fix.lat, fix.lng]) };
      statements.push([INSERT, job.rescue_id, JSON.stringify(trail)]);
    }
    if (statements.length > 0) await this.#store.write(...statements);
  }
}
