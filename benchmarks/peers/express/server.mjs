// A peer: a primary that hands connections to its workers.  Its configuration comes as JSON on
// standard input (benchmarks/rig/servers.py), since it holds secrets; `peer` says which one it is.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";

if (cluster.isPrimary) {
  const config = readFileSync(0, "utf8");
  for (let i = 0; i < JSON.parse(config).processes; i += 1) cluster.fork({ PEER_CONFIG: config });
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill("SIGTERM");
  });
  cluster.on("exit", () => {
    if (Object.keys(cluster.workers).length === 0) process.exit(0);
  });
} else {
  const config = JSON.parse(process.env.PEER_CONFIG);
  const { serve } = await import(`./${folderOf(config.peer)}/worker.mjs`);
  await serve(config);
}

function folderOf(peer) {
  if (peer.startsWith("mongoose")) return "mongoose";
  return peer === "by-hand" ? "by-hand" : "usual";
}
