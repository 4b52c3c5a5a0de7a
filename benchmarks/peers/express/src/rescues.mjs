// Rescues as those may see them whom they concern; encoded once a version and audience.

const VIEW_MS = 30_000; // names and plates change without the rescue's version
const OPERATORS = ["admin", "support"];

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
    const { quote, payment } = rescue;
    return {
      id: rescue.id,
      status: rescue.status,
      version: rescue.version,
      kind: quote.kind,
      problem: quote.problem ?? null,
      pickup: quote.pickup,
      dropoff: quote.dropoff,
      quote: { id: quote.id, items: quote.items, total_minor: quote.total_minor, currency: quote.currency },
      price_minor: rescue.owed?.rider_minor,
      area_id: rescue.area_id,
      created_at: rescue.created_at,
      scheduled_for: rescue.scheduled_for,
      reason: rescue.reason,
      note: rescue.note,
      rider: this.#users.person(rescue.rider_id),
      driver: rescue.driver_id === undefined ? undefined : this.#driver(rescue.driver_id),
      eta_seconds: rescue.eta_seconds,
      queued_behind: rescue.queued_behind,
      pin: role === "rider" ? rescue.pin : undefined,
      payment: {
        status: payment.status,
        captured_minor: payment.captured_minor ?? 0,
        refunded_minor: payment.refunded_minor ?? 0,
      },
    };
  }

  #driver(id) {
    const profile = this.#store.get("driverprofiles", id);
    const { make, model, colour, plate } = this.#store.get("vehicles", profile.vehicle_id);
    return { id, name: this.#users.get(id).name, rating: null, vehicle: { make, model, colour, plate } };
  }
}

function roleIn(rescue, who) {
  if (who.userId === rescue.rider_id && who.roles.includes("rider")) return "rider";
  if (who.userId === rescue.driver_id && who.roles.includes("driver")) return "driver";
  return OPERATORS.find((role) => who.roles.includes(role));
}
