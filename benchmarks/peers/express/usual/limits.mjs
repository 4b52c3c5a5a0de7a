// rate-limiter-flexible over ioredis: each request counts against its address and its user.
import { RateLimiterRedis } from "rate-limiter-flexible";
import { Problem } from "../common/problems.mjs";

const MINUTE = 60;

export class Limits {
  #address;
  #user;

  constructor(redis, { user, address }) {
    const limiter = (keyPrefix, points) =>
      new RateLimiterRedis({ storeClient: redis, keyPrefix, points, duration: MINUTE, inMemoryBlockOnConsumed: points });
    this.#address = limiter("limit:address", address);
    this.#user = limiter("limit:user", user);
  }

  /** Middleware, after `auth.identify`. */
  count = (req, res, next) => {
    const counted = [this.#address.consume(req.ip)];
    if (req.who !== undefined) counted.push(this.#user.consume(req.who.userId));
    Promise.all(counted).then(() => next(), (refused) => next(problemOf(refused)));
  };
}

function problemOf(refused) {
  if (refused instanceof Error) return refused;
  return new Problem("rate_limited", undefined, { retryAfter: refused.msBeforeNext / 1000 });
}
