import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { Checkbox } from "@supportcarr/ui/form/Checkbox";
import { Field } from "@supportcarr/ui/form/Field";
import { Select } from "@supportcarr/ui/form/Select";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { drivingQueries, removeVehicle, saveVehicle } from "../../lib/api/driving.ts";
import type { Vehicle, VehicleForm } from "../../lib/api/types.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { AlertDialog } from "@supportcarr/ui/AlertDialog";
import { Button } from "@supportcarr/ui/Button";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";
import { useSend } from "@supportcarr/phone-app/useSend";

const TYPES = ["pickup", "van", "trailer"] as const;
const WORDS = ["make", "model", "colour", "plate"] as const;
const NUMBERS = [
  { name: "bed_length_cm", min: 0, max: 1500, initial: 180 },
  { name: "capacity", min: 1, max: 20, initial: 1 },
  { name: "tie_downs", min: 0, max: 50, initial: 2 },
  { name: "seats", min: 0, max: 20, initial: 1 },
] as const;

/** A vehicle with what it can carry: a new one, or one that is described anew. */
export function VehicleScreen() {
  const text = useTranslations("vehicles");
  const { vehicleId } = useParams({ from: "/signed-in/vehicles/$vehicleId" });
  const vehicles = useQuery(drivingQueries.vehicles());
  return (
    <Screen title={vehicleId === "new" ? text("add") : text("edit")} back={{ to: "/vehicles" }}>
      <Loaded query={vehicles}>{(items) => <VehicleDetails key={vehicleId} vehicle={items.find(({ id }) => id === vehicleId)} />}</Loaded>
    </Screen>
  );
}

function VehicleDetails({ vehicle }: { vehicle: Vehicle | undefined }) {
  const text = useTranslations("vehicles");
  const common = useTranslations("common");
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const sentence = useProblemText();
  const { busy, send } = useSend();
  const [removing, setRemoving] = useState(false);
  const changed = async () => {
    await queryClient.invalidateQueries({ queryKey: drivingQueries.all() });
    await navigate({ to: "/vehicles" });
  };
  const form = useSubmission(async (values) => {
    const words = Object.fromEntries(WORDS.map((name) => [name, values(name).trim()])) as Pick<VehicleForm, (typeof WORDS)[number]>;
    const numbers = Object.fromEntries(NUMBERS.map(({ name }) => [name, Number(values(name))]));
    await saveVehicle({ ...words, ...numbers, type: values("type") as VehicleForm["type"], ramp: values("ramp") === "on" }, vehicle?.id);
    await changed();
  }, sentence);
  return (
    <>
      <form onSubmit={form.onSubmit} className="space-y-4">
        <Select name="type" label={text("type")} defaultValue={vehicle?.type ?? "pickup"} options={TYPES.map((value) => ({ value, label: text(`types.${value}`) }))} error={form.errorOf("type")} />
        {WORDS.map((name) => (
          <Field key={name} name={name} label={text(`fields.${name}`)} type="text" required maxLength={name === "plate" ? 16 : 40} autoComplete="off" defaultValue={vehicle?.[name] ?? ""} error={form.errorOf(name)} />
        ))}
        <div className="grid grid-cols-2 gap-4">
          {NUMBERS.map(({ name, min, max, initial }) => (
            <Field key={name} name={name} label={text(`fields.${name}`)} type="number" inputMode="numeric" required min={min} max={max} defaultValue={vehicle?.[name] ?? initial} error={form.errorOf(name)} />
          ))}
        </div>
        <Checkbox name="ramp" label={text("ramp")} defaultChecked={vehicle?.ramp ?? false} />
        {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
        <SubmitButton label={common("save")} pendingLabel={common("saving")} pending={form.pending} className="min-h-13 w-full" />
      </form>
      {vehicle ? (
        <Button variant="quiet" block className="mt-4 text-(--danger-text)" onClick={() => setRemoving(true)}>
          {text("remove")}
        </Button>
      ) : null}
      {removing && vehicle ? (
        <AlertDialog
          title={text("removeTitle", { plate: vehicle.plate })}
          confirm={text("remove")}
          cancel={common("cancel")}
          danger
          busy={busy}
          onConfirm={() => void send(() => removeVehicle(vehicle.id), { onDone: changed }).then(() => setRemoving(false))}
          onCancel={() => setRemoving(false)}
        />
      ) : null}
    </>
  );
}
