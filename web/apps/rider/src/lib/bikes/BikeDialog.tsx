import { Checkbox } from "@supportcarr/ui/form/Checkbox";
import { Field } from "@supportcarr/ui/form/Field";
import { FileUpload } from "@supportcarr/ui/form/FileUpload";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Select } from "@supportcarr/ui/form/Select";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { saveBike, uploadBikePhoto } from "../api/riding.ts";
import type { Bike } from "../api/types.ts";
import { Button } from "@supportcarr/ui/Button";
import { useDescribeError } from "@supportcarr/phone-app/useProblemText";
import { readBike } from "./readBike.ts";

const TYPES = ["city", "cargo", "mountain", "road", "folding", "other"] as const;

interface BikeDialogProps {
  bike?: Bike;
  onClose: () => void;
  onSaved: (bike: Bike) => unknown;
}

/** Adds a bike, or changes one. */
export function BikeDialog({ bike, onClose, onSaved }: BikeDialogProps) {
  const text = useTranslations("bikes");
  const common = useTranslations("common");
  const describeError = useDescribeError();
  // What becomes of the photo: absent, it stays as it is; null, it is taken off.
  const [photo, setPhoto] = useState<{ photo_id?: string | null }>({});
  const [uploading, setUploading] = useState(false);
  const current = photo.photo_id === undefined ? bike?.photo : null;
  return (
    <FormDialog
      title={bike ? text("edit", { name: bike.name }) : text("add")}
      submit={common("save")}
      pending={common("saving")}
      onSubmit={async (values) => {
        await onSaved(await saveBike({ ...readBike(values), ...photo }, bike?.id));
      }}
      describeError={describeError}
      blocked={uploading}
      onClose={onClose}
    >
      {(form) => (
        <>
          <Field name="name" label={text("name")} type="text" required maxLength={40} defaultValue={bike?.name} placeholder={text("nameExample")} error={form.errorOf("name")} />
          <Select name="type" label={text("type")} defaultValue={bike?.type} options={TYPES.map((value) => ({ value, label: text(`types.${value}`) }))} error={form.errorOf("type")} />
          <details className="text-sm" open={bike !== undefined}>
            <summary className="min-h-11 cursor-pointer py-2.5 font-medium">{text("more")}</summary>
            <div className="grid grid-cols-2 gap-4">
              <Field name="make" label={text("make")} type="text" maxLength={40} defaultValue={bike?.make ?? ""} error={form.errorOf("make")} />
              <Field name="model" label={text("model")} type="text" maxLength={40} defaultValue={bike?.model ?? ""} error={form.errorOf("model")} />
              <Field name="weight_kg" label={text("weight")} type="number" inputMode="decimal" min={1} max={200} step="any" defaultValue={bike?.weight_kg ?? ""} error={form.errorOf("weight_kg")} />
              <Field name="battery_wh" label={text("batteryField")} type="number" inputMode="numeric" min={0} max={5000} defaultValue={bike?.battery_wh ?? ""} error={form.errorOf("battery_wh")} />
            </div>
            <Checkbox name="battery_removable" label={text("removable")} defaultChecked={bike?.battery_removable ?? false} className="mt-4" />
          </details>
          <FileUpload
            label={text("photo")}
            hint={current?.state === "refused" ? text("photoRefused") : text("photoHint")}
            error={form.errorOf("photo_id")}
            current={current ? (current.thumbnail_url ?? "") : null}
            upload={uploadBikePhoto}
            onUploaded={({ id }) => setPhoto({ photo_id: id })}
            onBusy={setUploading}
          />
          {current ? (
            <Button variant="quiet" onClick={() => setPhoto({ photo_id: null })}>
              {text("removePhoto")}
            </Button>
          ) : null}
        </>
      )}
    </FormDialog>
  );
}
