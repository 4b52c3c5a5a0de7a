import { Field } from "@supportcarr/ui/form/Field";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, LocateFixed } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { configQueries } from "@supportcarr/phone-app/api/config";
import { geocodingQueries } from "../../lib/api/geocoding.ts";
import { savePlace } from "../../lib/api/riding.ts";
import type { SavedPlace } from "../../lib/api/types.ts";
import { centreOf } from "../../lib/geometry.ts";
import { PinMap } from "../../lib/places/PinMap.tsx";
import { Button } from "@supportcarr/ui/Button";
import { IconButton } from "@supportcarr/ui/IconButton";
import { ScreenFrame } from "@supportcarr/ui/ScreenFrame";
import { useGeolocation } from "../../lib/useGeolocation.ts";
import { useDescribeError } from "@supportcarr/phone-app/useProblemText";

interface PlaceEditorProps {
  place?: SavedPlace;
  onClose: () => void;
  onSaved: () => Promise<void>;
}

/** A place: its name, and a pin on the map. */
export function PlaceEditor({ place, onClose, onSaved }: PlaceEditorProps) {
  const text = useTranslations("places");
  const common = useTranslations("common");
  const describeError = useDescribeError();
  const config = useQuery(configQueries.current());
  const { location, retry } = useGeolocation();
  const [chosen, setChosen] = useState<{ lat: number; lng: number } | null>(place ?? null);
  const device = location.state === "found" ? location.fix : null;
  const area = config.data?.areas[0];
  const at = chosen ?? device ?? (area ? centreOf(area.boundary) : { lat: 0, lng: 0 });
  const address = useQuery(geocodingQueries.reverse(at.lat, at.lng));
  const [entered, setEntered] = useState<string | null>(place?.address ?? null);
  const form = useSubmission(async (values) => {
    const written = values("address").trim();
    await savePlace({ name: values("name").trim(), lat: at.lat, lng: at.lng, address: written || null }, place?.id);
    await onSaved();
  }, describeError);
  return (
    <form onSubmit={form.onSubmit} className="h-full">
      <ScreenFrame
        title={place ? text("edit", { name: place.name }) : text("add")}
        back={<IconButton label={common("back")} icon={<ChevronLeft aria-hidden="true" className="size-6" />} onClick={onClose} />}
        footer={
          <Button type="submit" size="lg" block busy={form.pending}>
            {form.pending ? common("saving") : common("save")}
          </Button>
        }
      >
        <div className="space-y-4">
          <Field name="name" label={text("name")} type="text" required maxLength={40} defaultValue={place?.name} placeholder={text("nameExample")} error={form.errorOf("name")} />
          <div>
            <div className="mb-1 flex items-center justify-between">
              <p className="text-sm font-medium">{text("where")}</p>
              <Button
                variant="quiet"
                icon={<LocateFixed aria-hidden="true" className="size-5" />}
                onClick={() => {
                  setChosen(null);
                  if (!device) retry();
                }}
              >
                {text("locate")}
              </Button>
            </div>
            <div className="h-72 overflow-hidden rounded-2xl border border-(--border)">
              <PinMap label={text("map")} at={at} pinLabel={address.data?.label ?? null} zoom={15} onMove={setChosen} />
            </div>
            {location.state === "denied" && !chosen ? <p className="mt-1.5 text-sm text-(--muted)">{text("locateFailed")}</p> : null}
          </div>
          <Field
            name="address"
            label={text("address")}
            type="text"
            maxLength={200}
            autoComplete="street-address"
            value={entered ?? address.data?.label ?? ""}
            onChange={(event) => setEntered(event.target.value)}
            error={form.errorOf("address")}
          />
          {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
        </div>
      </ScreenFrame>
    </form>
  );
}
