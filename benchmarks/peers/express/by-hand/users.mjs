// Accounts: documents cached with their encoded answer, by version.
import { accountView } from "../common/views.mjs";

export class Users {
  #store;
  #cached = new Map();

  constructor(store) {
    this.#store = store;
  }

  /** The user with `text`, the answer to GET /me; undefined if there is none. */
  get(id) {
    const version = this.#store.version("users", id);
    if (version === undefined) return undefined;
    const known = this.#cached.get(id);
    if (known?.version === version) return known;
    const document = this.#store.get("users", id);
    const text = JSON.stringify(accountView(document));
    const user = { id, version, name: document.name, phone: document.phone, text };
    this.#cached.set(id, user);
    return user;
  }
}
