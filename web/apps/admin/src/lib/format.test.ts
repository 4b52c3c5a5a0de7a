import { describe, expect, it } from "vitest";

import { duration, kilometres, money, shortId, timeOfDay, words } from "./format.ts";

describe("what people read", () => {
  it.each([
    [12, "12 s"],
    [59.4, "59 s"],
    [185, "3 min"],
    [3900, "1 h 05"],
    [-4, "0 s"],
  ])("says %d seconds as %s", (seconds, said) => expect(duration(seconds)).toBe(said));

  it.each([
    [2450, "CAD", "$24.50"],
    [2450, "JPY", "¥2,450"],
  ])("shows %d minor units of %s as %s", (minor, currency, said) => expect(money(minor, currency)).toBe(said));
  it.each([
    ["America/Toronto", "00:00:00"],
    ["America/Vancouver", "21:00:00"],
  ])("tells the time of day in %s", (timezone, said) => expect(timeOfDay("2026-03-02T05:00:00Z", timezone)).toBe(said));
  it("shows metres as kilometres", () => expect(kilometres(956)).toBe("1.0 km"));
  it("shortens an id to its tail", () => expect(shortId("res_qc_01jabcdefghjkmnpqrstvwxyz0")).toBe("VWXYZ0"));
  it("makes words of a code", () => expect(words("flat_tire")).toBe("Flat tire"));
});
