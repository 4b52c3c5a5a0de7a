import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleHelp, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { ridingQueries } from "../../lib/api/riding.ts";
import { BikeDialog } from "../../lib/bikes/BikeDialog.tsx";
import { BikePicture } from "../../lib/bikes/BikePicture.tsx";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { OptionList } from "./OptionList.tsx";
import { StepFrame } from "./StepFrame.tsx";
import { useProceed } from "./useProceed.ts";

const OTHER = "other";

/** Which bike: what the truck must be able to carry. */
export function BikeStep() {
  const text = useTranslations("request.bike");
  const types = useTranslations("bikes.types");
  const queryClient = useQueryClient();
  const bikes = useQuery(ridingQueries.bikes());
  const items = bikes.data ?? []; // who cannot load them goes on without
  const bikeId = useRequest((state) => state.draft.bikeId);
  const proceed = useProceed("bike");
  const [adding, setAdding] = useState(false);
  return (
    <StepFrame step="bike" title={text("title")}>
      <p className="mb-4 text-(--muted)">{text("about")}</p>
      <div className="space-y-4">
        <Loaded query={bikes}>{() => null}</Loaded>
        {bikes.isPending && !bikes.isPaused ? null : (
          <OptionList
            label={text("title")}
            options={[
              ...items.map((bike) => ({
                value: bike.id,
                icon: <BikePicture bike={bike} />,
                label: bike.name,
                about: [types(bike.type), bike.make, bike.model].filter(Boolean).join(" · "),
                chosen: bikeId === bike.id,
              })),
              { value: OTHER, icon: <CircleHelp className="size-7" />, label: text(items.length ? "another" : "skip"), about: text("anotherAbout"), chosen: bikeId === null },
            ]}
            onChoose={(value) => proceed({ bikeId: value === OTHER ? null : value })}
          />
        )}
      </div>
      <Button variant="secondary" block className="mt-4" icon={<Plus aria-hidden="true" className="size-5" />} onClick={() => setAdding(true)}>
        {text("add")}
      </Button>
      {adding ? (
        <BikeDialog
          onClose={() => setAdding(false)}
          onSaved={async (bike) => {
            await queryClient.invalidateQueries({ queryKey: ridingQueries.bikes().queryKey });
            proceed({ bikeId: bike.id });
          }}
        />
      ) : null}
    </StepFrame>
  );
}
