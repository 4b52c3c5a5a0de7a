import { describe, expect, it } from "vitest";

import { formatDuration, formatKilometres, formatMoney, formatTimeOfDay, humanizeCode, shortId } from "./format.ts";

describe("formatting", () => {
  it.each([
    [12, "12 s"],
    [59.4, "59 s"],
    [185, "3 min"],
    [3900, "1 h 05"],
    [-4, "0 s"],
  ])("formats %d seconds as %s", (seconds, expected) => expect(formatDuration(seconds)).toBe(expected));

  it.each([
    [2450, "CAD", "$24.50"],
    [2450, "JPY", "¥2,450"],
  ])("formats %d minor units of %s as %s", (minor, currency, expected) => expect(formatMoney(minor, currency)).toBe(expected));
  it.each([
    ["America/Toronto", "00:00:00"],
    ["America/Vancouver", "21:00:00"],
  ])("formats the time of day in %s", (timezone, expected) => expect(formatTimeOfDay("2026-03-02T05:00:00Z", timezone)).toBe(expected));
  it("formats metres as kilometres", () => expect(formatKilometres(956)).toBe("1.0 km"));
  it("shortens an id to its tail", () => expect(shortId("res_qc_01jabcdefghjkmnpqrstvwxyz0")).toBe("VWXYZ0"));
  it("turns a code into words", () => expect(humanizeCode("flat_tire")).toBe("Flat tire"));
});
