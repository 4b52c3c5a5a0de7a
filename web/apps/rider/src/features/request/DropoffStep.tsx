import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery } from "@tanstack/react-query";
import { MapPin } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { geocodingQueries } from "../../lib/api/geocoding.ts";
import { metresBetween } from "../../lib/geometry.ts";
import { PinMap } from "../../lib/places/PinMap.tsx";
import { PlaceSearch } from "../../lib/places/PlaceSearch.tsx";
import type { Spot } from "../../lib/requestSteps.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { StepFrame } from "./StepFrame.tsx";
import { useProceed } from "./useProceed.ts";

const HERE_M = 50; // nearer, nobody needs to be driven

/** Where the rider and the bike are taken: a saved place, an address, or a point of the map. */
export function DropoffStep() {
  const text = useTranslations("request.dropoff");
  const draft = useRequest((state) => state.draft);
  const proceed = useProceed("dropoff");
  const [pinning, setPinning] = useState(false);
  if (pinning) return <DropoffPin start={draft.dropoff ?? draft.pickup} onBack={() => setPinning(false)} onChoose={(dropoff) => proceed({ dropoff })} />;
  return (
    <StepFrame step="dropoff" title={text("title")}>
      <PlaceSearch label={text("search")} near={draft.pickup} onChoose={(dropoff) => proceed({ dropoff })} />
      <Button variant="secondary" block className="mt-2" icon={<MapPin aria-hidden="true" className="size-5" />} onClick={() => setPinning(true)}>
        {text("onMap")}
      </Button>
    </StepFrame>
  );
}

function DropoffPin({ start, onBack, onChoose }: { start: Spot | null; onBack: () => void; onChoose: (spot: Spot) => void }) {
  const text = useTranslations("request.dropoff");
  const formats = useFormats();
  const pickup = useRequest((state) => state.draft.pickup);
  const [at, setAt] = useState({ lat: start?.lat ?? 0, lng: start?.lng ?? 0 });
  const address = useQuery(geocodingQueries.reverse(at.lat, at.lng));
  const away = pickup ? metresBetween(at, pickup) : null;
  return (
    <StepFrame
      step="dropoff"
      title={text("onMapTitle")}
      footer={
        <div className="space-y-2">
          <Button size="lg" block onClick={() => onChoose({ ...at, address: address.data?.label ?? null })}>
            {text("here")}
          </Button>
          <Button variant="quiet" block onClick={onBack}>
            {text("search")}
          </Button>
        </div>
      }
    >
      <div className="h-[min(52vh,26rem)] overflow-hidden rounded-2xl border border-(--border)">
        <PinMap
          label={text("map")}
          at={at}
          pinLabel={address.data?.label ?? null}
          zoom={14}
          markers={pickup ? [{ id: "pickup", kind: "rider", at: [pickup.lng, pickup.lat], label: text("youAreHere") }] : []}
          onMove={setAt}
        />
      </div>
      <p role="status" className="mt-3">
        {address.data ? <span className="block font-medium wrap-anywhere">{address.data.label}</span> : null}
        {away === null ? null : <span className="text-sm text-(--muted)">{away < HERE_M ? text("sameAsHere") : text("away", { distance: formats.distance(away) })}</span>}
      </p>
    </StepFrame>
  );
}
