// A line in the log and a timing for each request.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { pino, stdTimeFunctions } from "pino";
import { pinoHttp } from "pino-http";
import { collectDefaultMetrics, Histogram, register } from "prom-client";

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** pino-http, to a file, in the background; `slim`: lines of our own few fields, not of all that was sent. */
export function logging(file, { slim }) {
  const destination = pino.destination({ dest: file, sync: false, minLength: 4096 });
  setInterval(() => destination.flush(), 1000).unref();
  const logger = pino(
    { base: undefined, timestamp: stdTimeFunctions.isoTime, redact: slim ? [] : ["req.headers.authorization"] },
    destination,
  );
  return pinoHttp({
    logger,
    genReqId(req, res) {
      const given = req.headers["x-request-id"];
      const id = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
      res.setHeader("X-Request-Id", id);
      return id;
    },
    customSuccessObject: withUser,
    customErrorObject: (req, res, error, line) => withUser(req, res, line),
    ...(slim && SLIM),
  });
}

// Its own lines hold every header of the request and of the answer.
const SLIM = {
  wrapSerializers: false,
  serializers: {
    req: (req) => ({ id: req.id, method: req.method, url: req.originalUrl, address: req.ip }),
    res: (res) => ({ statusCode: res.statusCode }),
    err: pino.stdSerializers.err,
  },
};

function withUser(req, res, line) {
  line.user_id = req.who?.userId;
  return line;
}

/** prom-client's histogram of durations, by method, route and status; /metrics on a port of its own. */
export function timing() {
  collectDefaultMetrics();
  const seconds = new Histogram({
    name: "http_request_duration_seconds",
    help: "How long requests take",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  createServer(async (req, res) => {
    res.setHeader("Content-Type", register.contentType);
    res.end(await register.metrics());
  }).listen({ port: 0, host: "127.0.0.1", exclusive: true });
  return (req, res, next) => {
    const end = seconds.startTimer();
    res.on("finish", () => {
      const route = req.route === undefined ? "unmatched" : req.baseUrl + req.route.path;
      end({ method: req.method, route, status: res.statusCode });
    });
    next();
  };
}
