import { describe, expect, it } from "vitest";

import type { DriverRow, ReviewDocument, Vehicle } from "../../../lib/api/types.ts";
import { statedFacts } from "./statedFacts.ts";

const PAPERS = { licence_class: "5", licence_expires_on: "2027-03-02", insurer: "Desjardins", insurance_expires_on: "2027-05-01", applied_at: null };
const DRIVER = { id: "usr_1", name: "Dana Diaz", documents: PAPERS, review: null } as DriverRow;
const VEHICLE = { id: "veh_1", type: "pickup", make: "Ford", model: "F-150", colour: "blue", plate: "ABC 123" } as Vehicle;
const document = (changes: object) => ({ id: "doc_1", files: [], state: "pending", ...changes }) as unknown as ReviewDocument;
const factsOf = (changes: object, driver = DRIVER) => statedFacts(driver, document(changes), [VEHICLE], "2026-03-02");
const valuesOf = (changes: object) => factsOf(changes).map(({ value }) => value);

describe("what a document has to show", () => {
  it("is the person, the class, the number and the end of a licence", () => {
    expect(valuesOf({ kind: "licence", number: "L123", expires_on: "2027-03-02" })).toEqual(["Dana Diaz", "5", "L123", "Mar 2, 2027"]);
  });

  it("is the person, the insurer and the end of an insurance, with how soon that is", () => {
    expect(valuesOf({ kind: "insurance", expires_on: "2026-03-10" })).toEqual(["Dana Diaz", "Desjardins", "Mar 10, 2026"]);
    expect(factsOf({ kind: "insurance", expires_on: "2026-03-10" }).at(-1)).toMatchObject({ end: "soon", elsewhere: "May 1, 2027" });
  });

  it("is the vehicle and its plate", () => {
    expect(valuesOf({ kind: "registration", vehicle_id: "veh_1" })).toEqual(["blue Ford F-150, pickup", "ABC 123"]);
  });

  it("comes from what was stated since an approval", () => {
    const driver = { ...DRIVER, review: { ...PAPERS, insurer: "Intact" } } as DriverRow;
    expect(factsOf({ kind: "insurance" }, driver).map(({ value }) => value)).toContain("Intact");
  });
});
