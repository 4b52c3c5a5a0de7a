// Rescues as those may see them whom they concern; encoded once a version and audience.
import { rescueView, roleIn } from "../common/views.mjs";

const VIEW_MS = 30_000; // names and plates change without the rescue's version

export class Rescues {
  #store;
  #users;
  #documents = new Map();
  #views = new Map();

  constructor(store, users) {
    this.#store = store;
    this.#users = users;
  }

  /** The rescue and the person's role in it; undefined if it is none of their business. */
  seenBy(who, id) {
    const rescue = this.#current(id);
    if (rescue === undefined) return undefined;
    const role = roleIn(rescue, who);
    return role === undefined ? undefined : { rescue, role };
  }

  #current(id) {
    const version = this.#store.version("rescuerequests", id);
    if (version === undefined) return undefined;
    let rescue = this.#documents.get(id);
    if (rescue?.version !== version) {
      rescue = this.#store.get("rescuerequests", id);
      this.#documents.set(id, rescue);
    }
    return rescue;
  }

  /** The rescue's JSON for that role. */
  shown(rescue, role) {
    const key = role === "rider" || role === "driver" ? role + rescue.id : `operator${rescue.id}`;
    const kept = this.#views.get(key);
    const now = Date.now();
    if (kept !== undefined && kept.version === rescue.version && kept.until > now) return kept.text;
    const text = JSON.stringify(this.#view(rescue, role));
    this.#views.set(key, { version: rescue.version, until: now + VIEW_MS, text });
    return text;
  }

  #view(rescue, role) {
    const rider = this.#users.get(rescue.rider_id);
    if (rescue.driver_id === undefined) return rescueView(rescue, role, { rider });
    const profile = this.#store.get("driverprofiles", rescue.driver_id);
    const vehicle = this.#store.get("vehicles", profile.vehicle_id);
    return rescueView(rescue, role, { rider, driver: this.#users.get(rescue.driver_id), vehicle });
  }
}
