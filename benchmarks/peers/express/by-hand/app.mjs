// The Express application: the routes that the benchmark compares.
import express from "express";
import { body, numberOf, queryOf, validator } from "../common/bodies.mjs";
import { begin } from "./exchange.mjs";
import { handler } from "./guards.mjs";
import { validPositions } from "../common/positions.mjs";
import { Problem } from "../common/problems.mjs";

const PEOPLE = ["rider", "driver", "support", "admin"];

const validMessage = validator({
  type: "object",
  additionalProperties: false,
  required: ["text"],
  properties: { text: { type: "string", minLength: 1, maxLength: 1000, pattern: "\\S" } },
});

export function application({ guards, exchange, users, rescues, chat, coverage, positions, maxBodyBytes }) {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // ETags are versions
  app.set("query parser", false); // queries are validated where they are known
  app.set("trust proxy", "loopback");
  app.use(begin);
  app.get("/readyz", (req, res) => res.end("{}"));

  const api = express.Router({ caseSensitive: true, strict: true });

  api.get(
    "/me",
    guards.signedIn("/api/v1/me"),
    handler(async (req, res) => {
      queryOf(req, []);
      const user = users.get(req.who.userId);
      if (user === undefined) throw new Problem("not_found");
      exchange.json(req, res, user.text, { version: user.version });
    }),
  );

  const seen = (req) => {
    const found = rescues.seenBy(req.who, req.params.rescueId);
    if (found === undefined) throw new Problem("not_found");
    return found;
  };

  api.get(
    "/rescues/:rescueId",
    guards.signedIn("/api/v1/rescues/{rescue_id}", PEOPLE),
    handler(async (req, res) => {
      queryOf(req, []);
      const { rescue, role } = seen(req);
      exchange.json(req, res, rescues.shown(rescue, role), { version: rescue.version });
    }),
  );

  api.post(
    "/rescues/:rescueId/messages",
    guards.signedIn("/api/v1/rescues/{rescue_id}/messages", PEOPLE),
    body(validMessage, maxBodyBytes),
    handler(async (req, res) => {
      queryOf(req, []);
      const { rescue, role } = seen(req);
      exchange.json(req, res, await chat.send(rescue, role, req.who, req.body.text), { status: 201 });
    }),
  );

  api.post(
    "/me/positions",
    guards.signedIn("/api/v1/me/positions", ["driver"]),
    body(validPositions, maxBodyBytes),
    handler(async (req, res) => {
      queryOf(req, []);
      exchange.json(req, res, JSON.stringify(await positions.report(req.who.userId, req.body)));
    }),
  );

  api.get(
    "/coverage",
    guards.anyone("/api/v1/coverage"),
    handler(async (req, res) => {
      const query = queryOf(req, ["lat", "lng"]);
      const point = { lat: numberOf(query, "lat", -90, 90), lng: numberOf(query, "lng", -180, 180) };
      exchange.json(req, res, await coverage.at(point));
    }),
  );

  api.use(guards.anyone("unmatched"), () => {
    throw new Problem("not_found", "There is nothing at this path");
  });
  app.use("/api/v1", api);
  // Express knows an error middleware by its four arguments.
  app.use((error, req, res, next) => (res.headersSent ? next(error) : exchange.problem(req, res, error)));
  return app;
}
