// node seed.mjs DATABASE CITY.json: stores the same documents that SupportCarr was given.
import { readFileSync } from "node:fs";
import { openDatabase } from "./common/database.mjs";

const [file, city] = process.argv.slice(2);
const db = openDatabase(file);
db.exec(`
  CREATE TABLE documents (
    collection TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (collection, id)
  ) WITHOUT ROWID;
  CREATE TABLE messages (id TEXT PRIMARY KEY, rescue_id TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX messages_rescue ON messages (rescue_id, id);
  CREATE TABLE trails (id INTEGER PRIMARY KEY, rescue_id TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE outbox (seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, saved_at REAL NOT NULL, body TEXT NOT NULL);
  CREATE UNIQUE INDEX outbox_event ON outbox (event_id);
`);
const insert = db.prepare("INSERT INTO documents (collection, id, version, body) VALUES (?, ?, ?, ?)");
db.exec("BEGIN");
for (const [collection, documents] of Object.entries(JSON.parse(readFileSync(city, "utf8")))) {
  for (const document of documents) {
    const version = document.version ?? 1;
    insert.run(collection, document.id, version, JSON.stringify({ ...document, version }));
  }
}
db.exec("COMMIT");
db.close();
