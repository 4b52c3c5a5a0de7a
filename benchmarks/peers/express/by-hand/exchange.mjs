// What every request has (id, address, timing) and how every answer leaves: counted and logged.
import { randomBytes } from "node:crypto";
import { problemBody, Problem } from "../common/problems.mjs";

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;
const RUN = randomBytes(6).toString("hex");
const JSON_HEADERS = { "Content-Type": "application/json", "Cache-Control": "no-store" };
const PROBLEM_HEADERS = { "Content-Type": "application/problem+json", "Cache-Control": "no-store" };
let minted = 0;

/** Express middleware: begins the exchange. */
export function begin(req, res, next) {
  const given = req.headers["x-request-id"];
  req.began = performance.now();
  req.requestId = given !== undefined && REQUEST_ID.test(given) ? given : `req-${RUN}-${(minted += 1).toString(16)}`;
  res.set({ "X-Content-Type-Options": "nosniff", "X-Request-Id": req.requestId });
  next();
}

export class Exchange {
  constructor(log, metrics) {
    this.log = log;
    this.metrics = metrics;
  }

  /** A 200 or 201 of JSON that is encoded already; `version` becomes the ETag (Express answers 304 by it). */
  json(req, res, text, { status = 200, version } = {}) {
    if (version !== undefined) res.set("ETag", `"${version}"`);
    res.status(status).set(JSON_HEADERS).send(text);
    this.#done(req, res.statusCode);
  }

  problem(req, res, error) {
    let problem = error;
    if (!(error instanceof Problem)) {
      this.log.error({ event: "request_failed", request_id: req.requestId, error: String(error?.stack ?? error) });
      problem = new Problem("internal_error");
    }
    if (problem.retryAfter !== undefined || problem.status === 503) {
      res.set("Retry-After", String(Math.max(1, Math.ceil(problem.retryAfter ?? 1))));
    }
    if (problem.status === 401) res.set("WWW-Authenticate", "Bearer");
    res.status(problem.status).set(PROBLEM_HEADERS).send(problemBody(problem, req.requestId));
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
      address: req.ip,
      user_id: req.who?.userId,
      rescue_id: req.params?.rescueId,
      code,
    });
  }
}
