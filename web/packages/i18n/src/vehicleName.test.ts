import { expect, test } from "vitest";

import { colourName, vehicleName } from "./vehicleName.ts";

const TRUCK = { make: "Ford", model: "F-150" };

test.each([
  ["blue", "en", "blue Ford F-150"],
  ["blue", "es", "Ford F-150 azul"],
  ["Blue", "fr", "Ford F-150 bleu"],
  ["Bleue", "en", "blue Ford F-150"],
  ["ARGENTE", "en", "silver Ford F-150"],
  ["gris", "fr", "Ford F-150 gris"],
  ["bleu-marine", "es", "Ford F-150 azul oscuro"],
] as const)("a vehicle of the colour %s is in %s: %s", (colour, language, name) => expect(vehicleName({ ...TRUCK, colour }, language)).toBe(name));

test.each(["en", "es", "fr"] as const)("another colour stays as the driver wrote it (%s)", (language) => expect(colourName("Caméléon mat", language)).toBe("Caméléon mat"));

test("a vehicle without a colour has its make and model", () => expect(vehicleName({ ...TRUCK, colour: "" }, "en")).toBe("Ford F-150"));
