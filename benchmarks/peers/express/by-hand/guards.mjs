// The middleware of a route, in their order: name, token, limits, policy.
import { Problem } from "../common/problems.mjs";

const SCHEME = "bearer ";

export class Guards {
  #tokens;
  #limits;

  constructor(tokens, limits) {
    this.#tokens = tokens;
    this.#limits = limits;
  }

  /** `roles` undefined: whoever is signed in. */
  signedIn(routeName, roles) {
    const guard = async (req) => {
      req.routeName = routeName;
      let denied;
      try {
        req.who = this.#who(req.headers.authorization);
      } catch (error) {
        denied = error; // a guess at a token counts against its address
      }
      await this.#limits.admit(req.ip, req.who);
      if (denied !== undefined) throw denied;
      if (roles !== undefined && !req.who.roles.some((role) => roles.includes(role))) throw new Problem("forbidden");
    };
    return middleware(guard);
  }

  /** Anybody; a token that is no good is as good as none. */
  anyone(routeName) {
    return middleware(async (req) => {
      req.routeName = routeName;
      if (req.headers.authorization !== undefined) {
        try {
          req.who = this.#who(req.headers.authorization);
        } catch {
          req.who = undefined;
        }
      }
      await this.#limits.admit(req.ip, req.who);
    });
  }

  #who(authorization) {
    if (authorization === undefined) throw new Problem("unauthenticated");
    if (authorization.slice(0, 7).toLowerCase() !== SCHEME) {
      throw new Problem("unauthenticated", "Send Authorization: Bearer and an access token");
    }
    return this.#tokens.verify(authorization.slice(7));
  }
}

const middleware = (guard) => (req, res, next) => {
  guard(req).then(() => next(), next);
};

/** A handler that may wait; what it throws goes to the error middleware. */
export const handler = (handle) => (req, res, next) => {
  handle(req, res).catch(next);
};
