// The Express 4 peer: a primary that hands connections to its workers.  Its configuration comes as
// JSON on standard input (benchmarks/rig/servers.py), since it holds secrets.
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
  const { serve } = await import("./src/worker.mjs");
  await serve(JSON.parse(process.env.PEER_CONFIG));
}
