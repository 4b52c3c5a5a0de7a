// Documents in SQLite: reads at once in the event loop's thread, writes in a thread that commits groups.
import { Worker } from "node:worker_threads";
import { openDatabase } from "../common/database.mjs";

export class Store {
  #statements = new Map();
  #writer;
  #gathered = [];
  #batches = new Map();
  #batch = 0;

  constructor(file) {
    this.db = openDatabase(file);
    this.#writer = new Worker(new URL("./writer.mjs", import.meta.url), { workerData: file });
    this.#writer.on("message", ([batch, error]) => this.#settle(batch, error));
  }

  #prepared(sql) {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  version(collection, id) {
    return this.#prepared("SELECT version FROM documents WHERE collection = ? AND id = ?").get(collection, id)?.[0];
  }

  get(collection, id) {
    const row = this.#prepared("SELECT body FROM documents WHERE collection = ? AND id = ?").get(collection, id);
    return row === undefined ? undefined : JSON.parse(row[0]);
  }

  getMany(collection, ids) {
    const marks = ids.map(() => "?").join(", ");
    const sql = `SELECT body FROM documents WHERE collection = ? AND id IN (${marks})`;
    return new Map(
      this.#prepared(sql).all(collection, ...ids).map(([body]) => {
        const document = JSON.parse(body);
        return [document.id, document];
      }),
    );
  }

  all(collection) {
    return this.#prepared("SELECT body FROM documents WHERE collection = ?").all(collection).map(([body]) => JSON.parse(body));
  }

  select(sql, ...values) {
    return this.#prepared(sql).all(...values);
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

  async close() {
    await this.#writer.terminate();
    this.db.close();
  }
}
