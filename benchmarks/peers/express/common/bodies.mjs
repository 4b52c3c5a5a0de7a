// Bodies and queries: read within the limit, parsed, validated by ajv.
import { Ajv } from "ajv";
import express from "express";
import { Problem } from "./problems.mjs";
import { microsOf } from "./time.mjs";

const CODES = {
  required: "required",
  additionalProperties: "unknown_field",
  minimum: "range",
  maximum: "range",
  minLength: "length",
  maxLength: "length",
  minItems: "length",
  maxItems: "length",
  pattern: "pattern",
  type: "type",
  format: "invalid",
};

const formats = { moment: (text) => Number.isFinite(microsOf(text)) };
const quick = new Ajv({ formats });
const thorough = new Ajv({ formats, allErrors: true });

/** A function that throws `validation_failed`, naming every field that is wrong. */
export function validator(schema) {
  const isValid = quick.compile(schema);
  const explain = thorough.compile(schema);
  return (value) => {
    if (isValid(value)) return value;
    explain(value);
    const errors = new Map();
    for (const { instancePath, keyword, params, message } of explain.errors) {
      const below = instancePath.slice(1).replaceAll("/", ".");
      const field = params.missingProperty ?? params.additionalProperty;
      const path = field === undefined ? below : below ? `${below}.${field}` : field;
      if (!errors.has(path)) errors.set(path, { field: path, code: CODES[keyword] ?? "invalid", detail: message });
    }
    const [first] = errors.values();
    throw new Problem("validation_failed", first.detail, { errors: [...errors.values()] });
  };
}

/** Middleware: `req.body` is the valid body. */
export function body(validate, maxBytes) {
  const parse = express.json({ limit: maxBytes, strict: false, inflate: false });
  return (req, res, next) => {
    if (req.headers["content-type"] !== undefined && !req.is("application/json")) {
      next(new Problem("unsupported_media_type"));
      return;
    }
    parse(req, res, (error) => {
      if (error !== undefined) {
        next(refusalOf(error, maxBytes));
        return;
      }
      try {
        if (req.headers["content-length"] === "0") throw new SyntaxError("it is empty"); // Express leaves {}
        req.body = validate(req.body);
      } catch (wrong) {
        next(refusalOf(wrong, maxBytes));
        return;
      }
      next();
    });
  };
}

function refusalOf(error, maxBytes) {
  if (error.type === "entity.too.large") return new Problem("body_too_large", `A body may have ${maxBytes} bytes`);
  if (error instanceof SyntaxError) {
    return new Problem("malformed_body", `The body is not valid JSON: ${error.message}`);
  }
  return error;
}

/** The query as an object of strings; throws for a name that is not known, repeated or missing. */
export function queryOf(req, names) {
  const at = req.url.indexOf("?");
  const values = {};
  if (at >= 0 && at < req.url.length - 1) {
    for (const [name, value] of new URLSearchParams(req.url.slice(at + 1))) {
      if (!names.includes(name)) throw Problem.field(name, "unknown_field", "There is no such field");
      if (name in values) throw Problem.field(name, "repeated", `${name} is given more than once`);
      values[name] = value;
    }
  }
  for (const name of names) {
    if (!(name in values)) throw Problem.field(name, "required", "This field is required");
  }
  return values;
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** A number within its bounds, from a query. */
export function numberOf(values, name, least, most) {
  const text = values[name];
  if (!NUMBER.test(text)) {
    const special = /^[+-]?(nan|inf(inity)?)$/i.test(text);
    throw Problem.field(name, special ? "range" : "type", `${name} must be a finite number`);
  }
  const value = Number(text);
  if (value < least || value > most) throw Problem.field(name, "range", `${name} must be from ${least} to ${most}`);
  return value;
}
