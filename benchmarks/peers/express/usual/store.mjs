// Documents in SQLite (node:sqlite), as people write it: a statement for each call, a transaction for
// each write.
import { openDatabase } from "../common/database.mjs";

const GET = "SELECT body FROM documents WHERE collection = ? AND id = ?";

export class Store {
  constructor(file) {
    this.db = openDatabase(file);
  }

  prepare(sql) {
    return this.db.prepare(sql);
  }

  /** A document; undefined if there is none. */
  get(collection, id) {
    const row = this.prepare(GET).get(collection, id);
    return row && JSON.parse(row.body);
  }

  /** The documents with these ids, by id. */
  getMany(collection, ids) {
    const marks = ids.map(() => "?").join(", ");
    const rows = this.prepare(`SELECT id, body FROM documents WHERE collection = ? AND id IN (${marks})`);
    return new Map(rows.all(collection, ...ids).map(({ id, body }) => [id, JSON.parse(body)]));
  }

  all(collection) {
    const rows = this.prepare("SELECT body FROM documents WHERE collection = ?").all(collection);
    return rows.map(({ body }) => JSON.parse(body));
  }

  select(sql, ...values) {
    return this.prepare(sql).all(...values);
  }

  /** Statements as [sql, ...values], all or none; on the disk when the promise is kept. */
  async write(...statements) {
    this.transact(statements);
  }

  transact(statements) {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      for (const [sql, ...values] of statements) this.prepare(sql).run(...values);
      this.db.exec("COMMIT");
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
  }
}
