import { DatabaseSync } from "node:sqlite";

/** A connection with SupportCarr's durability: WAL, and a commit is on the disk before it is told. */
export function openDatabase(file) {
  const db = new DatabaseSync(file, { timeout: 5000 });
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA wal_autocheckpoint = 2000");
  db.exec("PRAGMA cache_size = -16000");
  return db;
}
