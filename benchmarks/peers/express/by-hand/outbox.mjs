// Events that were stored with what they tell of: appended to the streams at once, then taken out.
// A sweep repeats what a crash left; the streams drop what they have already.

const INSERT = "INSERT INTO outbox (event_id, saved_at, body) VALUES (?, ?, ?)";
const DELETE = "DELETE FROM outbox WHERE event_id = ?";
const LEFT = "SELECT body FROM outbox WHERE saved_at <= ? ORDER BY seq LIMIT 500";
const SWEEP_MS = 2000;

export class Outbox {
  #store;
  #streams;
  #log;

  constructor(store, streams, log) {
    this.#store = store;
    this.#streams = streams;
    this.#log = log;
    setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** The statement that stores the event. */
  entry(event) {
    return [INSERT, event.id, Date.now(), JSON.stringify(event)];
  }

  async relay(event) {
    try {
      await this.#streams.append(event);
      await this.#store.write([DELETE, event.id]);
    } catch (error) {
      this.#log.error({ event: "event_not_relayed", event_id: event.id, error: String(error) });
    }
  }

  #sweep() {
    for (const [body] of this.#store.select(LEFT, Date.now() - SWEEP_MS)) this.relay(JSON.parse(body));
  }
}
