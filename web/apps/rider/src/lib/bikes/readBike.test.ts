import type { FormValues } from "@supportcarr/ui/form/useSubmission";
import { expect, it } from "vitest";

import { readBike } from "./readBike.ts";

const valuesOf = (entered: Record<string, string>): FormValues => Object.assign((name: string) => entered[name] ?? "", { all: () => [], file: () => null });

it("reads a bike, with a decimal comma, and leaves out what was not entered", () => {
  expect(readBike(valuesOf({ name: " Blue ", type: "cargo", make: "Tern", weight_kg: "38,5", battery_removable: "on" }))).toEqual({
    name: "Blue",
    type: "cargo",
    make: "Tern",
    model: null,
    weight_kg: 38.5,
    battery_wh: null,
    battery_removable: true,
  });
});
