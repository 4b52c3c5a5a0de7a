// Messages: stored durably with their event, which then goes to the streams of the rescue's people.
import { newId } from "../common/ids.mjs";
import { Message } from "./models.mjs";

const SWEEP_MS = 2000;
const AT_ONCE = 500;

export class Chat {
  #streams;
  #clock;
  #logger;

  constructor({ streams, clock, logger }) {
    this.#streams = streams;
    this.#clock = clock;
    this.#logger = logger;
    setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** The message, once it is durable. */
  async send(rescue, role, who, text) {
    const at = this.#clock.iso();
    const message = { id: newId("msg"), rescue_id: rescue.id, sender: { role, id: who.userId }, text, at };
    const people = new Set([rescue.rider_id, rescue.driver_id ?? rescue.rider_id]);
    const event = {
      id: `messages.${message.id}.1.0`,
      name: "message:new",
      at,
      streams: [...[...people].map((id) => `user:${id}`), `ops:${rescue.area_id}`],
      data: JSON.stringify(message),
    };
    const { id, ...stored } = message;
    await Message.create({ _id: id, ...stored, outbox: { ...event, saved_at: new Date() } });
    this.#relay(id, event);
    return message;
  }

  /** Append to the streams, then take out of the outbox; what fails here is left to the sweep. */
  async #relay(messageId, event) {
    try {
      await this.#streams.append(event);
      await Message.updateOne({ _id: messageId }, { $unset: { outbox: 1 } });
    } catch (error) {
      this.#logger.error({ err: error, event_id: event.id }, "event not relayed");
    }
  }

  async #sweep() {
    try {
      const before = new Date(Date.now() - SWEEP_MS);
      const left = await Message.find({ "outbox.saved_at": { $lte: before } }, { outbox: 1 }).limit(AT_ONCE).lean();
      for (const { _id, outbox } of left) this.#relay(_id, outbox);
    } catch (error) {
      this.#logger.error({ err: error }, "outbox not swept");
    }
  }
}
