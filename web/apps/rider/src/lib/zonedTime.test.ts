import { expect, test } from "vitest";

import { toInstant, toLocal } from "./zonedTime.ts";

const iso = (local: string, zone: string) => new Date(toInstant(local, zone) ?? NaN).toISOString();

test("times are those of the city, not of the device", () => {
  expect(iso("2026-06-01T18:30", "America/Toronto")).toBe("2026-06-01T22:30:00.000Z");
  expect(iso("2026-12-01T18:30", "America/Toronto")).toBe("2026-12-01T23:30:00.000Z");
  expect(toLocal(Date.parse("2026-06-01T22:30:00Z"), "America/Toronto")).toBe("2026-06-01T18:30");
});

test("around a change of the clock", () => {
  expect(iso("2026-03-08T03:30", "America/Toronto")).toBe("2026-03-08T07:30:00.000Z"); // the first hour of summer time
  expect(iso("2026-11-01T00:30", "America/Toronto")).toBe("2026-11-01T04:30:00.000Z");
});

test("no time is no instant", () => expect(toInstant("", "America/Toronto")).toBeNull());
