// Whether we drive to a place, and how soon.
import { latLngToCell } from "h3-js";
import { LRUCache } from "lru-cache";
import { OUTSIDE } from "../common/arrivals.mjs";

const RESOLUTION = 8;
const KEEP_MS = 10_000;
const MOST_KEPT = 20_000;

export class Coverage {
  #areas;
  #arrivals;
  #kept;

  /** `remember`: keep arrival times for ten seconds a neighbourhood (an H3 cell). */
  constructor(areas, arrivals, { remember }) {
    this.#areas = areas;
    this.#arrivals = arrivals;
    if (remember) {
      this.#kept = new LRUCache({
        max: MOST_KEPT,
        ttl: KEEP_MS,
        fetchMethod: (cell, _, { context }) => this.#arrivals.at(context.area, context.point),
      });
    }
  }

  async at(point) {
    const area = this.#areas.at(point.lat, point.lng);
    if (area === undefined) return OUTSIDE;
    if (this.#kept === undefined) return this.#arrivals.at(area, point);
    return this.#kept.fetch(area + latLngToCell(point.lat, point.lng, RESOLUTION), { context: { area, point } });
  }
}
