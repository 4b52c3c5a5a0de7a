import { useFormats } from "@supportcarr/i18n/useFormats";
import { usePlaceName } from "@supportcarr/phone-app/usePlaceName";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { ridingQueries } from "../../lib/api/riding.ts";
import { metresBetween } from "../../lib/geometry.ts";
import { stepsOf } from "../../lib/requestSteps.ts";
import { useRequest } from "../../lib/requestStore.ts";

/** What was answered so far; each answer can be changed. */
export function JobSummary() {
  const text = useTranslations("request.summary");
  const problems = useTranslations("problems");
  const draft = useRequest((state) => state.draft);
  const bikes = useQuery(ridingQueries.bikes());
  const bike = bikes.data?.find(({ id }) => id === draft.bikeId);
  const formats = useFormats();
  const steps = stepsOf(draft);
  const pickup = usePlaceName(draft.pickup) ?? text("here");
  const named = usePlaceName(draft.dropoff) ?? text("pin");
  // Two points of one district have one name: the distance tells them apart.
  const dropoff = named === pickup && draft.pickup && draft.dropoff ? text("away", { place: named, distance: formats.distance(metresBetween(draft.pickup, draft.dropoff)) }) : named;
  const rows = [
    { step: "pickup", label: text("pickup"), value: pickup },
    { step: "problem", label: text("problem"), value: problems(`${draft.kind === "rescue" ? (draft.problem ?? "other") : draft.kind}.name`) },
    ...(steps.includes("bike") ? [{ step: "bike", label: text("bike"), value: bike?.name ?? text("anyBike") }] : []),
    { step: "dropoff", label: text("dropoff"), value: dropoff },
  ];
  return (
    <dl className="rounded-2xl border border-(--border) bg-(--surface) px-4 text-sm">
      {rows.map(({ step, label, value }) => (
        <div key={step} className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 border-b border-(--border) py-1 last:border-0 min-[22rem]:grid-cols-[5rem_minmax(0,1fr)_auto]">
          <dt className="text-(--muted)">{label}</dt>
          <dd className="font-medium wrap-anywhere">{value}</dd>
          <dd className="max-[22rem]:col-start-2 max-[22rem]:row-span-2 max-[22rem]:row-start-1">
            <Link
              {...(step === "pickup" ? { to: "/" as const } : { to: "/request/$step" as const, params: { step } })}
              aria-label={text("change", { what: label })}
              className="flex min-h-11 items-center pl-2 text-(--accent-text) underline underline-offset-4"
            >
              {text("edit")}
            </Link>
          </dd>
        </div>
      ))}
    </dl>
  );
}
