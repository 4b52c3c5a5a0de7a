import { Button } from "@supportcarr/ui/Button";
import { Checkbox } from "@supportcarr/ui/form/Checkbox";
import { Field } from "@supportcarr/ui/form/Field";
import { FileUpload } from "@supportcarr/ui/form/FileUpload";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Select } from "@supportcarr/ui/form/Select";
import { useState } from "react";

import { saveBike, uploadBikePhoto } from "../../lib/api/riding.ts";
import type { Bike } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";
import { readBike } from "./readBike.ts";

const text = texts.bikes;

/** Adds a bike, or changes one. */
export function BikeDialog({ bike, onClose, onSaved }: { bike?: Bike; onClose: () => void; onSaved: () => Promise<void> }) {
  // What becomes of the photo: absent, it stays as it is; null, it is taken off.
  const [photo, setPhoto] = useState<{ photo_id?: string | null }>({});
  const [uploading, setUploading] = useState(false);
  const current = photo.photo_id === undefined ? bike?.photo : null;
  return (
    <FormDialog
      title={bike ? text.editBike(bike.name) : text.add}
      submit={texts.save}
      pending={texts.saving}
      onSubmit={async (values) => {
        await saveBike({ ...readBike(values), ...photo }, bike?.id);
        await onSaved();
      }}
      blocked={uploading}
      onClose={onClose}
    >
      {(form) => (
        <>
          <Field name="name" label={text.name} type="text" required maxLength={40} defaultValue={bike?.name} placeholder={text.nameExample} error={form.errorOf("name")} />
          <Select
            name="type"
            label={text.type}
            defaultValue={bike?.type}
            options={Object.entries(text.types).map(([value, label]) => ({ value, label }))}
            error={form.errorOf("type")}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <Field name="make" label={text.make} type="text" maxLength={40} defaultValue={bike?.make ?? ""} error={form.errorOf("make")} />
            <Field name="model" label={text.model} type="text" maxLength={40} defaultValue={bike?.model ?? ""} error={form.errorOf("model")} />
            <Field name="weight_kg" label={text.weight} type="number" inputMode="decimal" min={1} max={200} step="any" defaultValue={bike?.weight_kg ?? ""} error={form.errorOf("weight_kg")} />
            <Field name="battery_wh" label={text.batteryField} type="number" inputMode="numeric" min={0} max={5000} defaultValue={bike?.battery_wh ?? ""} error={form.errorOf("battery_wh")} />
          </div>
          <Checkbox name="battery_removable" label={text.removable} defaultChecked={bike?.battery_removable ?? false} />
          <FileUpload
            label={text.photo}
            hint={current?.state === "refused" ? text.photoRefused : text.photoHint}
            error={form.errorOf("photo_id")}
            current={current ? (current.thumbnail_url ?? "") : null}
            upload={uploadBikePhoto}
            onUploaded={({ id }) => setPhoto({ photo_id: id })}
            onBusy={setUploading}
          />
          {current ? (
            <Button variant="ghost" className="text-sm underline underline-offset-4" onClick={() => setPhoto({ photo_id: null })}>
              {text.removePhoto}
            </Button>
          ) : null}
        </>
      )}
    </FormDialog>
  );
}
