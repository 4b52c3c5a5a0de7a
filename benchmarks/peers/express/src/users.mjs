// Accounts: documents cached with their encoded answer, by version.

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
    const { phone, name, roles, created_at } = this.#store.get("users", id);
    const text = JSON.stringify({ id, phone, name, roles, created_at });
    const user = { id, version, name, phone, text };
    this.#cached.set(id, user);
    return user;
  }

  /** What the other side of a rescue may see. */
  person(id) {
    const user = this.get(id);
    return { id, name: user.name, phone_masked: masked(user.phone) };
  }
}

/** `+1 514 ••• ••42` (North American numbers). */
const masked = (e164) => `+1 ${e164.slice(2, 5)} ••• ••${e164.slice(-2)}`;
