// Live positions in Redis: a hash for each driver's newest, geo sets for slices of city time.
import { distanceM } from "./geography.mjs";

const EARTH_RADIUS_M = 6_371_008.8;
const ACCURACY_M = 200;
const SPEED_MS = 70;
const LAST_KEPT_MS = 600_000;
const FIRST_LOOK_M = 1500;
const VERDICTS = ["live", "repeated", "stale", "out_of_order", "inaccurate", "impossible"];

const lastKey = (area) => `sc:{pos:${area ?? "-"}}:last:`;
const sliceKey = (area, slice) => `sc:{pos:${area}}:geo:${slice}`;

export class LivePositions {
  #redis;
  #clock;
  #freshMicros;
  #sliceMicros;
  #sliceKeptMs;

  constructor(redis, clock, freshSeconds) {
    this.#redis = redis;
    this.#clock = clock;
    this.#freshMicros = freshSeconds * 1e6;
    this.#sliceMicros = this.#freshMicros / 3;
    this.#sliceKeptMs = Math.round((this.#freshMicros + this.#sliceMicros) / 1000) + 2000;
  }

  /** The verdicts on fixes that are in order of time. */
  async report(driver, area, fixes) {
    const now = this.#clock.micros();
    const keys = [lastKey(area) + driver];
    if (area !== undefined) keys.push(sliceKey(area, Math.floor(now / this.#sliceMicros)));
    const args = [Math.floor(now), this.#freshMicros, ACCURACY_M, SPEED_MS, EARTH_RADIUS_M, driver, LAST_KEPT_MS, this.#sliceKeptMs];
    for (const fix of fixes) args.push(fix.micros, fix.lat, fix.lng, fix.accuracy ?? -1);
    const verdicts = await this.#redis.reportPositions(keys.length, ...keys, ...args);
    return verdicts.map((verdict) => VERDICTS[verdict]);
  }

  /** Drivers with a fresh position within the radius, nearest first. */
  async nearby(area, point, radiusM, most) {
    const now = this.#clock.micros();
    const newest = Math.floor(now / this.#sliceMicros);
    const keys = [0, 1, 2, 3].map((back) => sliceKey(area, newest - back));
    const oldest = Math.floor(now - this.#freshMicros);
    const args = [point.lng, point.lat, radiusM, most, oldest, lastKey(area), FIRST_LOOK_M];
    const flat = await this.#redis.nearbyDrivers(keys.length, ...keys, ...args);
    const found = [];
    for (let i = 0; i < flat.length; i += 3) {
      const at = { lat: Number(flat[i + 1]), lng: Number(flat[i + 2]) };
      found.push({ driver: flat[i], point: at, metres: distanceM(point, at) });
    }
    return found.filter((one) => one.metres <= radiusM).sort((a, b) => a.metres - b.metres).slice(0, most);
  }
}
