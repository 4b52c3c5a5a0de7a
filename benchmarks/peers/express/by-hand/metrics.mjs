// http_request_duration_seconds by method, route and status, in plain arrays: prom-client hashes its
// labels at each observation.
import { createServer } from "node:http";

const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Metrics {
  #timings = new Map();

  observe(method, route, status, seconds) {
    const name = `${method} ${route} ${status}`;
    let timing = this.#timings.get(name);
    if (timing === undefined) {
      timing = { method, route, status, counts: new Array(BOUNDS.length + 1).fill(0), seconds: 0 };
      this.#timings.set(name, timing);
    }
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]) bucket += 1;
    timing.counts[bucket] += 1;
    timing.seconds += seconds;
  }

  render() {
    const lines = ["# TYPE http_request_duration_seconds histogram"];
    for (const { method, route, status, counts, seconds } of this.#timings.values()) {
      const labels = `method="${method}",route="${route}",status="${status}"`;
      let total = 0;
      counts.forEach((count, i) => {
        total += count;
        lines.push(`http_request_duration_seconds_bucket{${labels},le="${BOUNDS[i] ?? "+Inf"}"} ${total}`);
      });
      lines.push(`http_request_duration_seconds_sum{${labels}} ${seconds}`);
      lines.push(`http_request_duration_seconds_count{${labels}} ${total}`);
    }
    return `${lines.join("\n")}\n`;
  }

  /** Answer /metrics on a free port of this process's own, on loopback. */
  listen() {
    const server = createServer((req, res) => res.end(this.render()));
    server.listen({ port: 0, host: "127.0.0.1", exclusive: true });
  }
}
