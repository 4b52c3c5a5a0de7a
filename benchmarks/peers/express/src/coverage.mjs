// Whether we drive to a place, and how soon; arrival times are kept for some seconds a neighbourhood.
import { latLngToCell } from "h3-js";

const RESOLUTION = 8;
const KEEP_MS = 10_000;
const MOST_KEPT = 20_000;
const FIRST_LOOK = 12; // drivers; enough unless most of them are busy
const OUTSIDE = JSON.stringify({ covered: false, drivers_available: false });

export class Coverage {
  #areas;
  #live;
  #store;
  #router;
  #radiusM;
  #kept = new Map();

  constructor({ areas, live, store, router, radiusM }) {
    this.#areas = areas;
    this.#live = live;
    this.#store = store;
    this.#router = router;
    this.#radiusM = radiusM;
  }

  /** The answer's JSON. */
  async at(point) {
    const area = this.#areas.at(point.lat, point.lng);
    if (area === undefined) return OUTSIDE;
    const key = area + latLngToCell(point.lat, point.lng, RESOLUTION);
    const now = Date.now();
    let kept = this.#kept.get(key);
    if (kept === undefined || kept.until <= now) {
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      kept = { until: now + KEEP_MS, text: this.#ask(area, point) };
      kept.text.catch(() => this.#kept.delete(key));
      this.#kept.set(key, kept);
    }
    return kept.text;
  }

  async #ask(area, point) {
    const free = await this.#nearestFree(area, point);
    const eta = free === undefined ? undefined : this.#router.seconds(free.point, point);
    return JSON.stringify({ covered: true, area_id: area, drivers_available: free !== undefined, eta_seconds: eta });
  }

  async #nearestFree(area, point) {
    for (let looked = 0, most = FIRST_LOOK; ; most *= 2) {
      const nearby = await this.#live.nearby(area, point, this.#radiusM, most);
      const unknown = nearby.slice(looked);
      const roster = this.#store.getMany("roster", unknown.map((one) => one.driver));
      const free = unknown.find((one) => isFree(roster.get(one.driver)));
      if (free !== undefined || nearby.length < most) return free;
      looked = nearby.length;
    }
  }
}

const isFree = (entry) =>
  entry !== undefined && entry.approved && entry.online && entry.offer === undefined && entry.job === undefined;
