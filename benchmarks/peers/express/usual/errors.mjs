import { Problem, problemBody } from "../common/problems.mjs";

/** The error middleware; Express knows it by its four arguments. */
export function answerErrors(error, req, res, next) {
  if (res.headersSent) {
    next(error);
    return;
  }
  let problem = error;
  if (!(error instanceof Problem)) {
    res.err = error; // pino-http logs it with the request
    problem = new Problem("internal_error");
  }
  if (problem.retryAfter !== undefined) res.set("Retry-After", String(Math.max(1, Math.ceil(problem.retryAfter))));
  if (problem.status === 401) res.set("WWW-Authenticate", "Bearer");
  res.status(problem.status).type("application/problem+json").send(problemBody(problem, req.id));
}
