// Documents in MongoDB, as plain objects (lean reads).
import { LRUCache } from "lru-cache";
import { MODELS } from "./models.mjs";

const KEPT = 50_000; // documents
const CHANGED = "sc:changed"; // a process that changes a document publishes "collection/id" here, after the write

function plain(document) {
  document.id = document._id;
  return document;
}

export class Documents {
  /** A document; undefined if there is none. */
  async get(collection, id) {
    const document = await MODELS[collection].findById(id).lean();
    return document === null ? undefined : plain(document);
  }

  /** The documents with these ids, by id. */
  async getMany(collection, ids) {
    const documents = await MODELS[collection].find({ _id: { $in: ids } }).lean();
    return new Map(documents.map((document) => [document._id, plain(document)]));
  }

  async all(collection) {
    return (await MODELS[collection].find().lean()).map(plain);
  }
}

/** The same, tuned: documents are kept in an lru-cache, which a message in Redis invalidates. */
export class CachedDocuments extends Documents {
  #kept = new LRUCache({ max: KEPT });
  #coherent = false; // a process that does not hear of changes keeps nothing

  constructor(redis) {
    super();
    const subscriber = redis.duplicate();
    subscriber.on("ready", async () => {
      await subscriber.subscribe(CHANGED);
      this.#coherent = true;
    });
    subscriber.on("close", () => {
      this.#coherent = false;
      this.#kept.clear();
    });
    subscriber.on("message", (_, name) => this.#kept.delete(name));
  }

  async get(collection, id) {
    const known = this.#kept.get(`${collection}/${id}`);
    if (known !== undefined) return known;
    const document = await super.get(collection, id);
    if (document !== undefined) this.#keep(collection, document);
    return document;
  }

  async getMany(collection, ids) {
    const found = new Map();
    const unknown = [];
    for (const id of ids) {
      const known = this.#kept.get(`${collection}/${id}`);
      if (known === undefined) unknown.push(id);
      else found.set(id, known);
    }
    if (unknown.length === 0) return found;
    for (const [id, document] of await super.getMany(collection, unknown)) {
      this.#keep(collection, document);
      found.set(id, document);
    }
    return found;
  }

  #keep(collection, document) {
    if (this.#coherent) this.#kept.set(`${collection}/${document.id}`, document);
  }
}
