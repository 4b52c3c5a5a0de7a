// What every request has (id, address, timing) and how every answer leaves: counted and logged.
import { randomBytes } from "node:crypto";
import { problemBody, Problem } from "./problems.mjs";

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;
const RUN = randomBytes(6).toString("hex");
let minted = 0;

/** The client's address: the last one of the chain that is not a proxy of ours (loopback). */
function clientAddress(req) {
  const peer = req.socket.remoteAddress.replace("::ffff:", "");
  const chain = req.headers["x-forwarded-for"];
  if (chain === undefined || !isLoopback(peer)) return peer;
  const hops = chain.split(",");
  for (let i = hops.length - 1; i >= 0; i -= 1) {
    const hop = hops[i].trim();
    if (!isLoopback(hop)) return hop;
  }
  return peer;
}

const isLoopback = (address) => address.startsWith("127.") || address === "::1";

/** Express middleware: begins the exchange. */
export function begin(req, res, next) {
  const given = req.headers["x-request-id"];
  req.began = performance.now();
  req.requestId = given !== undefined && REQUEST_ID.test(given) ? given : `req-${RUN}-${(minted += 1).toString(16)}`;
  req.address = clientAddress(req);
  next();
}

export class Exchange {
  constructor(log, metrics) {
    this.log = log;
    this.metrics = metrics;
  }

  /** A 200 or 201; `version` becomes the ETag, and an equal If-None-Match makes it 304. */
  json(req, res, text, { status = 200, version } = {}) {
    const etag = version === undefined ? undefined : `"${version}"`;
    if (etag !== undefined && req.method === "GET" && req.headers["if-none-match"] === etag) {
      res.writeHead(304, ["x-content-type-options", "nosniff", "x-request-id", req.requestId, "etag", etag]);
      res.end();
    } else {
      const headers = [
        "x-content-type-options", "nosniff",
        "x-request-id", req.requestId,
        "content-type", "application/json",
        "cache-control", "no-store",
        "content-length", Buffer.byteLength(text),
      ];
      if (etag !== undefined) headers.push("etag", etag);
      res.writeHead(status, headers);
      res.end(text);
    }
    this.#done(req, res.statusCode);
  }

  problem(req, res, error) {
    let problem = error;
    if (!(error instanceof Problem)) {
      this.log.error({ event: "request_failed", request_id: req.requestId, error: String(error?.stack ?? error) });
      problem = new Problem("internal_error");
    }
    const text = problemBody(problem, req.requestId);
    const headers = [
      "x-content-type-options", "nosniff",
      "x-request-id", req.requestId,
      "content-type", "application/problem+json",
      "cache-control", "no-store",
      "content-length", Buffer.byteLength(text),
    ];
    if (problem.retryAfter !== undefined || problem.status === 503) {
      headers.push("retry-after", String(Math.max(1, Math.ceil(problem.retryAfter ?? 1))));
    }
    if (problem.status === 401) headers.push("www-authenticate", "Bearer");
    res.writeHead(problem.status, headers);
    res.end(text);
    this.#done(req, problem.status, problem.code);
  }

  #done(req, status, code) {
    const ms = performance.now() - req.began;
    const route = req.routeName ?? "unmatched";
    this.metrics.observe(req.method, route, status, ms / 1000);
    this.log.info({
      event: "request",
      request_id: req.requestId,
      method: req.method,
      route,
      status,
      ms: Math.round(ms * 100) / 100,
      address: req.address,
      user_id: req.who?.userId,
      rescue_id: req.params?.rescueId,
      code,
    });
  }
}
