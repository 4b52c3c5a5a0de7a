// Access tokens: HS256, a secret for each kid; verified ones are remembered until they expire.
import jwt from "jsonwebtoken";
import { Problem } from "../common/problems.mjs";

const REMEMBERED = 50_000;
const LONGEST = 4096;

export class Tokens {
  #secrets;
  #revoked;
  #verified = new Map();

  constructor(tokenSecrets, revoked) {
    this.#secrets = new Map(
      tokenSecrets.split(",").map((entry) => {
        const at = entry.indexOf(":");
        return [entry.slice(0, at).trim(), entry.slice(at + 1).trim()];
      }),
    );
    this.#revoked = revoked;
  }

  /** Whose token it is. */
  verify(token) {
    const known = this.#verified.get(token) ?? this.#check(token);
    if (known.until <= Date.now()) {
      this.#verified.delete(token);
      throw new Problem("unauthenticated", "The access token is over");
    }
    if (this.#revoked.has(known.who.sessionId)) {
      throw new Problem("unauthenticated", "This session is over; sign in again");
    }
    return known.who;
  }

  #check(token) {
    let claims;
    try {
      if (token.length > LONGEST) throw new Error("too long");
      const { header } = jwt.decode(token, { complete: true });
      claims = jwt.verify(token, this.#secrets.get(header.kid), { algorithms: ["HS256"] });
    } catch (error) {
      const over = error instanceof jwt.TokenExpiredError;
      throw new Problem("unauthenticated", `The access token is ${over ? "over" : "not valid"}`);
    }
    if (this.#verified.size >= REMEMBERED) this.#verified.delete(this.#verified.keys().next().value);
    const who = { userId: claims.sub, sessionId: claims.sid, roles: claims.roles };
    const known = { who, until: claims.exp * 1000 };
    this.#verified.set(token, known);
    return known;
  }
}
