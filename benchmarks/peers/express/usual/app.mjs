// The Express application: the ecosystem's middleware in its usual order, then the routes.
import cors from "cors";
import express from "express";
import helmet from "helmet";
import { body, numberOf, queryOf, validator } from "../common/bodies.mjs";
import { validPositions } from "../common/positions.mjs";
import { Problem } from "../common/problems.mjs";
import { accountView } from "../common/views.mjs";
import { answerErrors } from "./errors.mjs";

const PEOPLE = ["rider", "driver", "support", "admin"];

const validMessage = validator({
  type: "object",
  additionalProperties: false,
  required: ["text"],
  properties: { text: { type: "string", minLength: 1, maxLength: 1000, pattern: "\\S" } },
});

/** A handler that may wait: Express 4 does not catch what a promise throws. */
const handler = (handle) => (req, res, next) => handle(req, res).catch(next);

const noStore = (req, res, next) => {
  res.set("Cache-Control", "no-store");
  next();
};

export function application({ logging, timing, auth, limits, documents, rescues, chat, coverage, positions, config }) {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // ETags are versions
  app.set("query parser", false); // queries are validated where they are known
  app.set("trust proxy", "loopback");
  app.use(logging);
  app.use(timing);
  app.use(helmet());
  app.use(cors({ origin: config.public_url }));
  app.get("/readyz", (req, res) => res.end("{}"));

  const api = express.Router({ caseSensitive: true, strict: true });
  api.use(noStore);

  const signedIn = [auth.identify, limits.count, auth.require];
  const allow = (...roles) => [...signedIn, auth.allow(roles)];

  api.get(
    "/me",
    signedIn,
    handler(async (req, res) => {
      queryOf(req, []);
      const user = await documents.get("users", req.who.userId);
      if (user === undefined) throw new Problem("not_found");
      res.set("ETag", `"${user.version}"`).json(accountView(user));
    }),
  );

  api.get(
    "/rescues/:rescueId",
    allow(...PEOPLE),
    handler(async (req, res) => {
      queryOf(req, []);
      const { rescue, role } = await rescues.seenBy(req.who, req.params.rescueId);
      res.set("ETag", `"${rescue.version}"`).json(await rescues.shown(rescue, role));
    }),
  );

  api.post(
    "/rescues/:rescueId/messages",
    allow(...PEOPLE),
    body(validMessage, config.max_body_bytes),
    handler(async (req, res) => {
      queryOf(req, []);
      const { rescue, role } = await rescues.seenBy(req.who, req.params.rescueId);
      res.status(201).json(await chat.send(rescue, role, req.who, req.body.text));
    }),
  );

  api.post(
    "/me/positions",
    allow("driver"),
    body(validPositions, config.max_body_bytes),
    handler(async (req, res) => {
      queryOf(req, []);
      res.json(await positions.report(req.who.userId, req.body));
    }),
  );

  api.get(
    "/coverage",
    auth.identify,
    limits.count,
    handler(async (req, res) => {
      const query = queryOf(req, ["lat", "lng"]);
      const point = { lat: numberOf(query, "lat", -90, 90), lng: numberOf(query, "lng", -180, 180) };
      res.json(await coverage.at(point));
    }),
  );

  api.use(auth.identify, limits.count, () => {
    throw new Problem("not_found", "There is nothing at this path");
  });
  app.use("/api/v1", api);
  app.use(answerErrors);
  return app;
}
