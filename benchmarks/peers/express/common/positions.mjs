// Positions of drivers: judged, kept live, told to who waits, written down as trails.
import { Problem } from "./problems.mjs";
import { validator } from "./bodies.mjs";
import { microsOf } from "./time.mjs";

const ONE = {
  type: "object",
  additionalProperties: false,
  required: ["lat", "lng", "at"],
  properties: {
    lat: { type: "number", minimum: -90, maximum: 90 },
    lng: { type: "number", minimum: -180, maximum: 180 },
    at: { type: "string", format: "moment" },
    accuracy: { type: ["number", "null"], minimum: 0 },
    heading: { type: ["number", "null"], minimum: 0, maximum: 360 },
    speed: { type: ["number", "null"], minimum: 0, maximum: 1000 },
  },
};
const validOne = validator(ONE);
const validBatch = validator({ type: "array", minItems: 1, maxItems: 100, items: ONE });

export const validPositions = (value) => (Array.isArray(value) ? validBatch(value) : validOne(value));

const REFUSED = new Set(["out_of_order", "inaccurate", "impossible"]);
const ACCEPTED_ONE = { accepted: 1, refused: [] };

export class Positions {
  #live;
  #areas;
  #clock;
  #broadcast;
  #trails;
  #freshMicros;

  constructor({ live, areas, clock, broadcast, trails, freshSeconds }) {
    this.#live = live;
    this.#areas = areas;
    this.#clock = clock;
    this.#broadcast = broadcast;
    this.#trails = trails;
    this.#freshMicros = freshSeconds * 1e6;
  }

  /** The answer; one position that is no good is refused as a whole. */
  async report(driver, body) {
    if (!Array.isArray(body)) {
      const fix = { ...body, micros: microsOf(body.at) };
      if (this.#clock.micros() - fix.micros > this.#freshMicros) throw new Problem("position_stale");
      const [verdict] = await this.#judge(driver, [fix]);
      if (verdict !== "live" && verdict !== "repeated") throw new Problem(`position_${verdict}`);
      return ACCEPTED_ONE;
    }
    const fixes = body.map((one) => ({ ...one, micros: microsOf(one.at) }));
    const verdicts = await this.#judge(driver, fixes);
    const refused = verdicts.flatMap((verdict, index) =>
      REFUSED.has(verdict) ? [{ index, code: `position_${verdict}` }] : [],
    );
    return { accepted: fixes.length - refused.length, refused };
  }

  /** The verdicts in the order given. */
  async #judge(driver, fixes) {
    const order = fixes.map((_, i) => i).sort((a, b) => fixes[a].micros - fixes[b].micros);
    const ordered = order.map((i) => fixes[i]);
    const last = ordered.at(-1);
    const area = this.#areas.at(last.lat, last.lng);
    const judged = await this.#live.report(driver, area, ordered);
    const verdicts = new Array(fixes.length);
    let newest;
    judged.forEach((verdict, n) => {
      verdicts[order[n]] = verdict;
      if (verdict === "live" || verdict === "stale") this.#trails.put(driver, ordered[n]);
      if (verdict === "live") newest = ordered[n];
    });
    if (newest !== undefined) this.#broadcast.put(driver, newest, area);
    return verdicts;
  }
}
