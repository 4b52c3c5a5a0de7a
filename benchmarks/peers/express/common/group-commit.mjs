// Writes by a thread that commits groups, off the event loop: many requests share one flush of the disk.
import { Worker } from "node:worker_threads";

export class GroupCommit {
  #writer;
  #gathered = [];
  #batches = new Map();
  #batch = 0;

  constructor(file) {
    this.#writer = new Worker(new URL("./writer.mjs", import.meta.url), { workerData: file });
    this.#writer.on("message", ([batch, error]) => this.#settle(batch, error));
  }

  /** Statements as [sql, ...values], all or none, durable when the promise is kept. */
  write(...statements) {
    return new Promise((resolve, reject) => {
      if (this.#gathered.length === 0) setImmediate(() => this.#hand());
      this.#gathered.push({ statements, resolve, reject });
    });
  }

  #hand() {
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#batch += 1;
    this.#batches.set(this.#batch, gathered);
    this.#writer.postMessage([this.#batch, gathered.flatMap((one) => one.statements)]);
  }

  #settle(batch, error) {
    const gathered = this.#batches.get(batch);
    this.#batches.delete(batch);
    for (const { resolve, reject } of gathered) error === undefined ? resolve() : reject(new Error(error));
  }
}
