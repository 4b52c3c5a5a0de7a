import { describe, expect, it } from "vitest";

import { duration, money, shortId, words } from "./format.ts";

describe("what people read", () => {
  it.each([
    [12, "12 s"],
    [59.4, "59 s"],
    [185, "3 min"],
    [3900, "1 h 05"],
    [-4, "0 s"],
  ])("says %d seconds as %s", (seconds, said) => expect(duration(seconds)).toBe(said));

  it("shows minor units as money", () => expect(money(2450, "CAD")).toBe("$24.50"));
  it("shortens an id to its tail", () => expect(shortId("res_qc_01jabcdefghjkmnpqrstvwxyz0")).toBe("VWXYZ0"));
  it("makes words of a code", () => expect(words("flat_tire")).toBe("Flat tire"));
});
