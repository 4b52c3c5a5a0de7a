// The thread that writes: everything that has come by then goes into one transaction, so that many
// requests share one flush of the disk.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { openDatabase } from "./database.mjs";

const GROUP = 512;
const db = openDatabase(workerData);
const statements = new Map();

function run([sql, ...values]) {
  let statement = statements.get(sql);
  if (statement === undefined) {
    statement = db.prepare(sql);
    statements.set(sql, statement);
  }
  statement.run(...values);
}

parentPort.on("message", (first) => {
  const batches = [first];
  let count = first[1].length;
  for (let more; count < GROUP && (more = receiveMessageOnPort(parentPort)); ) {
    batches.push(more.message);
    count += more.message[1].length;
  }
  let error;
  try {
    db.exec("BEGIN IMMEDIATE");
    for (const [, work] of batches) work.forEach(run);
    db.exec("COMMIT");
  } catch (failure) {
    error = String(failure);
    if (db.isTransaction) db.exec("ROLLBACK");
  }
  for (const [batch] of batches) parentPort.postMessage([batch, error]);
});
