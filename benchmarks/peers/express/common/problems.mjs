// Problem details (RFC 9457), with SupportCarr's codes and sentences.

const KNOWN = {
  unauthenticated: [401, "Sign in first"],
  forbidden: [403, "You may not do this"],
  not_found: [404, "There is no such thing, or it is not yours"],
  malformed_body: [400, "The body is not valid JSON"],
  validation_failed: [422, "The request has fields that are not valid"],
  unsupported_media_type: [415, "Send application/json"],
  body_too_large: [413, "The body is too large"],
  rate_limited: [429, "Too many requests"],
  overloaded: [503, "The service cannot answer just now"],
  internal_error: [500, "Something went wrong on our side"],
  position_stale: [422, "The position is too old"],
  position_out_of_order: [422, "A newer position is known, or this one is from the future"],
  position_inaccurate: [422, "The position is too inaccurate"],
  position_impossible: [422, "Nobody drives there that fast from the last position"],
};

export class Problem extends Error {
  constructor(code, detail, { errors = [], retryAfter } = {}) {
    const [status, title] = KNOWN[code];
    super(detail ?? title);
    Object.assign(this, { code, status, title, errors, retryAfter });
  }

  static field(field, code, detail) {
    return new Problem("validation_failed", detail, { errors: [{ field, code, detail }] });
  }
}

export function problemBody(problem, requestId) {
  return JSON.stringify({
    type: `urn:supportcarr:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    request_id: requestId,
    errors: problem.errors,
  });
}
