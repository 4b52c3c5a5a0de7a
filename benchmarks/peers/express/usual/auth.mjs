// Access tokens by jsonwebtoken: HS256, a secret for each kid.  A session that has ended ends its tokens.
import { createSecretKey } from "node:crypto";
import jwt from "jsonwebtoken";
import { LRUCache } from "lru-cache";
import { Problem } from "../common/problems.mjs";

const SCHEME = "bearer ";
const REMEMBERED = 50_000;

export class Auth {
  #keys;
  #documents;
  #verified;

  /** `remember`: keep verified tokens until they expire. */
  constructor(tokenSecrets, documents, { remember }) {
    this.#keys = new Map(
      tokenSecrets.split(",").map((entry) => {
        const at = entry.indexOf(":");
        return [entry.slice(0, at).trim(), createSecretKey(entry.slice(at + 1).trim(), "utf8")];
      }),
    );
    this.#documents = documents;
    if (remember) this.#verified = new LRUCache({ max: REMEMBERED });
  }

  /** Whose request it is, if it says so truly; it goes on otherwise, too: a guess counts against its address. */
  identify = (req, res, next) => {
    try {
      req.who = this.#who(req.headers.authorization);
    } catch (error) {
      req.denied = error;
    }
    next();
  };

  require = (req, res, next) => next(req.denied);

  allow = (roles) => (req, res, next) => {
    next(req.who.roles.some((role) => roles.includes(role)) ? undefined : new Problem("forbidden"));
  };

  #who(authorization) {
    const claims = this.claims(authorization);
    return whoOf(claims, this.#documents.get("sessions", claims.sid));
  }

  /** What the token says.  Throws `unauthenticated` if there is none, or it is not ours. */
  claims(authorization) {
    if (authorization === undefined) throw new Problem("unauthenticated");
    if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) {
      throw new Problem("unauthenticated", "Send Authorization: Bearer and an access token");
    }
    return this.#claims(authorization.slice(SCHEME.length));
  }

  #claims(token) {
    const known = this.#verified?.get(token);
    if (known !== undefined && known.exp * 1000 > Date.now()) return known;
    try {
      const { header } = jwt.decode(token, { complete: true });
      const claims = jwt.verify(token, this.#keys.get(header.kid), { algorithms: ["HS256"] });
      this.#verified?.set(token, claims);
      return claims;
    } catch (error) {
      const over = error instanceof jwt.TokenExpiredError;
      throw new Problem("unauthenticated", `The access token is ${over ? "over" : "not valid"}`);
    }
  }
}

/** Whose token it is.  Throws `unauthenticated` if their session has ended. */
export function whoOf(claims, session) {
  if (session === undefined || session.ended_at) {
    throw new Problem("unauthenticated", "This session is over; sign in again");
  }
  return { userId: claims.sub, sessionId: claims.sid, roles: claims.roles };
}
