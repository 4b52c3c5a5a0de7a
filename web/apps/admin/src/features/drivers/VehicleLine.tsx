import { Badge } from "@supportcarr/ui/Badge";

import type { Vehicle } from "../../lib/api/types.ts";
import { describeCode, texts } from "../../lib/texts.ts";

const text = texts.drivers;

/** What a vehicle is, its plate, and what it can carry. */
export function VehicleLine({ vehicle }: { vehicle: Vehicle }) {
  const { colour, make, model, type, plate, bed_length_cm, capacity, ramp, seats } = vehicle;
  return (
    <>
      <span className="flex flex-wrap items-center gap-2 font-medium wrap-anywhere">
        {colour} {make} {model}
        <span className="rounded border border-(--border-strong) px-1.5 text-xs tracking-wide">{plate}</span>
        {vehicle.in_use ? <Badge tone="success">{text.inUse}</Badge> : null}
      </span>
      <span className="mt-0.5 block text-xs text-(--muted)">
        {[describeCode(type), text.bed(bed_length_cm), text.bikes(capacity), ramp ? text.ramp : "", text.seats(seats)].filter(Boolean).join(" · ")}
      </span>
    </>
  );
}
