// Documents in SQLite: reads at once in the event loop's thread, writes in a thread that commits groups.
import { openDatabase } from "../common/database.mjs";
import { GroupCommit } from "../common/group-commit.mjs";

export class Store {
  #statements = new Map();
  #writes;

  constructor(file) {
    this.db = openDatabase(file);
    this.#writes = new GroupCommit(file);
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
    return this.#writes.write(...statements);
  }
}
