// How soon somebody free can be at a place.

const FIRST_LOOK = 12; // drivers; enough unless most of them are busy

/** What GET /coverage answers where we do not drive. */
export const OUTSIDE = { covered: false, drivers_available: false };

export class Arrivals {
  #live;
  #store;
  #router;
  #radiusM;

  constructor({ live, store, router, radiusM }) {
    this.#live = live;
    this.#store = store;
    this.#router = router;
    this.#radiusM = radiusM;
  }

  /** What GET /coverage answers for a point inside the area. */
  async at(area, point) {
    const free = await this.#nearestFree(area, point);
    const eta = free === undefined ? undefined : this.#router.seconds(free.point, point);
    return { covered: true, area_id: area, drivers_available: free !== undefined, eta_seconds: eta };
  }

  async #nearestFree(area, point) {
    for (let looked = 0, most = FIRST_LOOK; ; most *= 2) {
      const nearby = await this.#live.nearby(area, point, this.#radiusM, most);
      const unknown = nearby.slice(looked);
      const roster = await this.#store.getMany("roster", unknown.map((one) => one.driver));
      const free = unknown.find((one) => isFree(roster.get(one.driver)));
      if (free !== undefined || nearby.length < most) return free;
      looked = nearby.length;
    }
  }
}

const isFree = (entry) =>
  entry !== undefined && entry.approved && entry.online && entry.offer === undefined && entry.job === undefined;
