import { Bike as BikeIcon } from "lucide-react";

import type { Bike } from "../api/types.ts";

/** The photo of a bike, or a drawing of one. */
export function BikePicture({ bike }: { bike: Pick<Bike, "photo"> }) {
  const url = bike.photo?.thumbnail_url;
  if (url) return <img src={url} alt="" className="size-13 shrink-0 rounded-xl object-cover" />;
  return (
    <span aria-hidden="true" className="flex size-13 shrink-0 items-center justify-center rounded-xl bg-(--selected)">
      <BikeIcon className="size-6" />
    </span>
  );
}
