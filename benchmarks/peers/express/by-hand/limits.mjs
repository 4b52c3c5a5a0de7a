// A request counts against its user and its address, in one round trip.
import { Problem } from "../common/problems.mjs";

export class Limits {
  #redis;
  #user;
  #address;

  constructor(redis, { user, address }) {
    this.#redis = redis;
    this.#user = [Math.ceil(60_000_000 / user), user];
    this.#address = [Math.ceil(60_000_000 / address), address];
  }

  /** Count one request; throws `rate_limited`. */
  async admit(address, who) {
    const byAddress = `sc:{limits}:address:${address}`;
    const wait =
      who === undefined
        ? await this.#redis.takeToken(byAddress, ...this.#address)
        : await this.#redis.takeTokens(byAddress, `sc:{limits}:user:${who.userId}`, ...this.#address, ...this.#user);
    if (wait > 0) throw new Problem("rate_limited", undefined, { retryAfter: wait / 1e6 });
  }
}
