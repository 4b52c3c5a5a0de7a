import { Checkbox } from "@supportcarr/ui/form/Checkbox";
import { Field } from "@supportcarr/ui/form/Field";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Select } from "@supportcarr/ui/form/Select";

import { addVehicle } from "../../lib/api/driving.ts";
import type { VehicleForm } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.vehicles;

const WORDS = ["make", "model", "colour", "plate"] as const;
const NUMBERS = [
  { name: "bed_length_cm", min: 0, max: 1500, initial: 180 },
  { name: "capacity", min: 1, max: 20, initial: 1 },
  { name: "tie_downs", min: 0, max: 50, initial: 0 },
  { name: "seats", min: 0, max: 20, initial: 1 },
] as const;

/** Adds a vehicle with what it can carry. */
export function VehicleDialog({ onClose, onSaved }: { onClose: () => void; onSaved: () => Promise<void> }) {
  return (
    <FormDialog
      title={text.add}
      submit={texts.save}
      pending={texts.saving}
      onSubmit={async (values) => {
        const words = Object.fromEntries(WORDS.map((name) => [name, values(name).trim()])) as Pick<VehicleForm, (typeof WORDS)[number]>;
        const numbers = Object.fromEntries(NUMBERS.map(({ name }) => [name, Number(values(name))]));
        await addVehicle({ ...words, ...numbers, type: values("type") as VehicleForm["type"], ramp: values("ramp") === "on" });
        await onSaved();
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <Select name="type" label={text.type} options={Object.entries(text.types).map(([value, label]) => ({ value, label }))} error={form.errorOf("type")} />
          <div className="grid gap-4 sm:grid-cols-2">
            {WORDS.map((name) => (
              <Field key={name} name={name} label={text.fields[name]} type="text" required maxLength={name === "plate" ? 16 : 40} autoComplete="off" error={form.errorOf(name)} />
            ))}
            {NUMBERS.map(({ name, min, max, initial }) => (
              <Field key={name} name={name} label={text.fields[name]} type="number" inputMode="numeric" required min={min} max={max} defaultValue={initial} error={form.errorOf(name)} />
            ))}
          </div>
          <Checkbox name="ramp" label={text.ramp} />
        </>
      )}
    </FormDialog>
  );
}
