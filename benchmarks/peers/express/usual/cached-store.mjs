// The same store, tuned: statements are prepared once, and documents are kept in an lru-cache.
import { LRUCache } from "lru-cache";
import { Store } from "./store.mjs";

const KEPT = 50_000; // documents
const CHANGED = "sc:changed"; // who changes a document publishes "collection/id" here, after the commit

export class CachedStore extends Store {
  #statements = new Map();
  #kept = new LRUCache({ max: KEPT });
  #coherent = false; // only who hears of changes may keep documents

  constructor(file, redis) {
    super(file);
    const subscriber = redis.duplicate();
    const forget = () => {
      this.#coherent = false;
      this.#kept.clear();
    };
    subscriber.on("ready", async () => {
      await subscriber.subscribe(CHANGED);
      this.#coherent = true;
    });
    subscriber.on("close", forget);
    subscriber.on("message", (_, name) => this.#kept.delete(name));
  }

  prepare(sql) {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = super.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  get(collection, id) {
    const name = `${collection}/${id}`;
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const document = super.get(collection, id);
    if (document !== undefined) this.#keep(name, document);
    return document;
  }

  getMany(collection, ids) {
    const found = new Map();
    const unknown = [];
    for (const id of ids) {
      const known = this.#kept.get(`${collection}/${id}`);
      if (known === undefined) unknown.push(id);
      else found.set(id, known);
    }
    if (unknown.length === 0) return found;
    for (const [id, document] of super.getMany(collection, unknown)) {
      this.#keep(`${collection}/${id}`, document);
      found.set(id, document);
    }
    return found;
  }

  #keep(name, document) {
    if (this.#coherent) this.#kept.set(name, document);
  }
}
