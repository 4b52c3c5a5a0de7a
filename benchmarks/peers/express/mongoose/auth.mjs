// The same tokens; the session is asked for asynchronously.
import { Auth, whoOf } from "../usual/auth.mjs";

export class AsyncAuth extends Auth {
  #documents;

  constructor(tokenSecrets, documents, { remember }) {
    super(tokenSecrets, documents, { remember });
    this.#documents = documents;
  }

  identify = async (req, res, next) => {
    try {
      const claims = this.claims(req.headers.authorization);
      req.who = whoOf(claims, await this.#documents.get("sessions", claims.sid));
    } catch (error) {
      req.denied = error;
    }
    next();
  };
}
