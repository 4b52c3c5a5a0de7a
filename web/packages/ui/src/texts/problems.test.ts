import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, test } from "vitest";

import { texts as es } from "./es.ts";
import { texts as fr } from "./fr.ts";

/** Codes that no person meets in an app. */
const OF_MACHINES = new Set(["signature_not_valid", "origin_refused"]);

/** The problem codes that the descriptions of routes name, except those of operators and partners. */
function codesOfRoutes(): string[] {
  const document = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../../../docs/openapi.json"), "utf8")) as {
    paths: Record<string, Record<string, { description?: string }>>;
  };
  const lists = Object.entries(document.paths)
    .filter(([path]) => !/\/admin|partner|webhook/.test(path))
    .flatMap(([, methods]) => Object.values(methods))
    .map(({ description }) => /Problem codes: ([^.]*)/.exec(description ?? "")?.[1] ?? "");
  const codes = lists.flatMap((list) => [...list.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code ?? ""));
  return [...new Set(codes)].filter((code) => !OF_MACHINES.has(code));
}

test.each([
  ["es", es],
  ["fr", fr],
])("every problem that a rider or driver can meet has a sentence in %s", (_, { problems }) => {
  expect(codesOfRoutes().length).toBeGreaterThan(30);
  expect(codesOfRoutes().filter((code) => !problems[code])).toEqual([]);
});

test("both languages have sentences for the same codes", () => {
  expect(Object.keys(es.problems).sort()).toEqual(Object.keys(fr.problems).sort());
  expect(Object.keys(es.fieldProblems).sort()).toEqual(Object.keys(fr.fieldProblems).sort());
});
