// Messages: stored durably with their event, which then goes to the streams of the rescue's people.
import { newId } from "../common/ids.mjs";

const MESSAGE = "INSERT INTO messages (id, rescue_id, body) VALUES (?, ?, ?)";
const EVENT = "INSERT INTO outbox (event_id, saved_at, body) VALUES (?, ?, ?)";
const RELAYED = "DELETE FROM outbox WHERE event_id = ?";
const LEFT = "SELECT body FROM outbox WHERE saved_at <= ? ORDER BY seq LIMIT 500";
const SWEEP_MS = 2000;

export class Chat {
  #store;
  #streams;
  #clock;
  #logger;

  constructor({ store, streams, clock, logger }) {
    this.#store = store;
    this.#streams = streams;
    this.#clock = clock;
    this.#logger = logger;
    setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** The message, once it is durable. */
  async send(rescue, role, who, text) {
    const at = this.#clock.iso();
    const message = { id: newId("msg"), rescue_id: rescue.id, sender: { role, id: who.userId }, text, at };
    const data = JSON.stringify(message);
    const people = new Set([rescue.rider_id, rescue.driver_id ?? rescue.rider_id]);
    const event = {
      id: `messages.${message.id}.1.0`,
      name: "message:new",
      at,
      streams: [...[...people].map((id) => `user:${id}`), `ops:${rescue.area_id}`],
      data,
    };
    await this.#store.write(
      [MESSAGE, message.id, rescue.id, data],
      [EVENT, event.id, Date.now(), JSON.stringify(event)],
    );
    this.#relay(event);
    return message;
  }

  /** Append to the streams, then take out of the outbox; what fails here is left to the sweep. */
  async #relay(event) {
    try {
      await this.#streams.append(event);
      await this.#store.write([RELAYED, event.id]);
    } catch (error) {
      this.#logger.error({ err: error, event_id: event.id }, "event not relayed");
    }
  }

  #sweep() {
    for (const { body } of this.#store.select(LEFT, Date.now() - SWEEP_MS)) this.#relay(JSON.parse(body));
  }
}
