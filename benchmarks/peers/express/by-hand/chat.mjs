// Messages: stored durably with their event, which then goes to the streams of the rescue's people.
import { newId } from "../common/ids.mjs";

const INSERT = "INSERT INTO messages (id, rescue_id, body) VALUES (?, ?, ?)";

export class Chat {
  #store;
  #outbox;
  #clock;

  constructor(store, outbox, clock) {
    this.#store = store;
    this.#outbox = outbox;
    this.#clock = clock;
  }

  /** The message's JSON, once it is durable. */
  async send(rescue, role, who, text) {
    const at = this.#clock.iso();
    const message = { id: newId("msg"), rescue_id: rescue.id, sender: { role, id: who.userId }, text, at };
    const json = JSON.stringify(message);
    const people = new Set([`user:${rescue.rider_id}`]);
    if (rescue.driver_id !== undefined) people.add(`user:${rescue.driver_id}`);
    const event = {
      id: `messages.${message.id}.1.0`,
      name: "message:new",
      at,
      streams: [...people, `ops:${rescue.area_id}`],
      data: json,
    };
    await this.#store.write([INSERT, message.id, rescue.id, json], this.#outbox.entry(event));
    this.#outbox.relay(event);
    return json;
  }
}
