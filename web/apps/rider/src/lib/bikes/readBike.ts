import type { FormValues } from "@supportcarr/ui/form/useSubmission";

import type { BikeForm } from "../api/types.ts";

/** A number that was entered; `null` if the field is empty. */
const numberOf = (entered: string): number | null => (entered.trim() === "" ? null : Number(entered.replace(",", ".")));

const textOf = (entered: string): string | null => entered.trim() || null;

/** The bike of a filled-in form; what was left empty is unknown. */
export const readBike = (values: FormValues): BikeForm => ({
  name: values("name").trim(),
  type: values("type") as NonNullable<BikeForm["type"]>,
  make: textOf(values("make")),
  model: textOf(values("model")),
  weight_kg: numberOf(values("weight_kg")),
  battery_wh: numberOf(values("battery_wh")),
  battery_removable: values("battery_removable") === "on",
});
