// Whether we drive to a place, and how soon; arrival times are kept for some seconds a neighbourhood.
import { latLngToCell } from "h3-js";
import { OUTSIDE } from "../common/arrivals.mjs";

const RESOLUTION = 8;
const KEEP_MS = 10_000;
const MOST_KEPT = 20_000;
const OUTSIDE_TEXT = JSON.stringify(OUTSIDE);

export class Coverage {
  #areas;
  #arrivals;
  #kept = new Map();

  constructor(areas, arrivals) {
    this.#areas = areas;
    this.#arrivals = arrivals;
  }

  /** The answer's JSON. */
  async at(point) {
    const area = this.#areas.at(point.lat, point.lng);
    if (area === undefined) return OUTSIDE_TEXT;
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
    return JSON.stringify(await this.#arrivals.at(area, point));
  }
}
