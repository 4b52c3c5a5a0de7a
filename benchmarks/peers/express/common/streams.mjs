// Streams of events for people: each event once, numbered without a gap.
import { randomBytes } from "node:crypto";

export class Streams {
  #redis;
  #settings;

  constructor(redis, settings) {
    this.#redis = redis;
    this.#settings = settings;
  }

  /** Append to every stream of the event; safe to repeat. */
  append({ id, name, at, streams, data }) {
    const { keep_seconds: keep, firehose_events: firehose, ops_events: ops, user_events: user } = this.#settings;
    const keys = ["sc:{rt}:heads", "sc:{rt}:firehose"];
    const args = [randomBytes(6).toString("hex"), keep, firehose];
    for (const stream of streams) {
      keys.push(`sc:{rt}:stream:${stream}`, `sc:{rt}:seen:${stream}:${id}`);
      args.push(stream, stream.startsWith("ops:") ? ops : user, id, name, at, data);
    }
    return this.#redis.appendEvents(keys.length, ...keys, ...args);
  }
}
