// Sessions that ended before their tokens: told by publish/subscribe, and read again from the store.

const RELOAD_MS = 5000;

export class Revocations {
  #ended = new Set();

  constructor(store, redis) {
    const subscriber = redis.duplicate();
    subscriber.subscribe("sc:revoked-sessions");
    subscriber.on("message", (_, sessionId) => this.#ended.add(sessionId));
    const ENDED = "SELECT id FROM documents WHERE collection = 'ended_sessions'";
    const reload = () => {
      for (const [id] of store.select(ENDED)) this.#ended.add(id);
    };
    reload();
    setInterval(reload, RELOAD_MS).unref();
  }

  has(sessionId) {
    return this.#ended.has(sessionId);
  }
}
