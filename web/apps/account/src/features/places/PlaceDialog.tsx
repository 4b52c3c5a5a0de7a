import { Button } from "@supportcarr/ui/Button";
import { Field } from "@supportcarr/ui/form/Field";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Notice } from "@supportcarr/ui/Notice";
import { useState } from "react";

import { savePlace } from "../../lib/api/riding.ts";
import type { SavedPlace } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.places;

const DIGITS = 5; // of degrees: about a metre

/** Adds a place, or changes one.  The device can say where it is. */
export function PlaceDialog({ place, onClose, onSaved }: { place?: SavedPlace; onClose: () => void; onSaved: () => Promise<void> }) {
  const [point, setPoint] = useState({ lat: place ? String(place.lat) : "", lng: place ? String(place.lng) : "" });
  const [locating, setLocating] = useState<"no" | "yes" | "failed">("no");

  function locate() {
    setLocating("yes");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setPoint({ lat: coords.latitude.toFixed(DIGITS), lng: coords.longitude.toFixed(DIGITS) });
        setLocating("no");
      },
      () => setLocating("failed"),
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  }

  return (
    <FormDialog
      title={place ? text.editPlace(place.name) : text.add}
      submit={texts.save}
      pending={texts.saving}
      onSubmit={async (values) => {
        const address = values("address").trim();
        await savePlace({ name: values("name").trim(), lat: Number(point.lat), lng: Number(point.lng), address: address || null }, place?.id);
        await onSaved();
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <Field name="name" label={text.name} type="text" required maxLength={40} defaultValue={place?.name} placeholder={text.nameExample} error={form.errorOf("name")} />
          <Field name="address" label={text.address} type="text" maxLength={200} autoComplete="street-address" defaultValue={place?.address ?? ""} error={form.errorOf("address")} />
          <div className="grid gap-4 sm:grid-cols-2">
            {(["lat", "lng"] as const).map((name) => (
              <Field
                key={name}
                name={name}
                label={text[name]}
                type="number"
                inputMode="decimal"
                step="any"
                required
                value={point[name]}
                onChange={(event) => setPoint({ ...point, [name]: event.target.value })}
                error={form.errorOf(name)}
              />
            ))}
          </div>
          <Button variant="secondary" className="w-full" disabled={locating === "yes"} onClick={locate}>
            {locating === "yes" ? text.locating : text.locate}
          </Button>
          {locating === "failed" ? <Notice tone="warning">{text.locateFailed}</Notice> : null}
        </>
      )}
    </FormDialog>
  );
}
