import { useFormats } from "@supportcarr/i18n/useFormats";
import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { vehicleName } from "@supportcarr/i18n/vehicleName";
import { Star } from "lucide-react";
import { useTranslations } from "use-intl";

import type { Driver } from "../../lib/api/types.ts";
import { Avatar } from "@supportcarr/ui/Avatar";

/** Who is coming, and in what: so that the rider gets into the right truck. */
export function DriverCard({ driver: { name, photo_url, rating, vehicle } }: { driver: Driver }) {
  const text = useTranslations("live.driver");
  const formats = useFormats();
  const { language } = useLanguage();
  return (
    <section aria-label={text("label")} className="flex items-center gap-3.5">
      <Avatar name={name} photoUrl={photo_url} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 font-semibold">
          <span className="wrap-anywhere">{name}</span>
          <span className="inline-flex items-center gap-1 text-sm font-normal">
            <Star aria-hidden="true" className="size-4 fill-current text-(--signal)" />
            {typeof rating === "number" ? (
              <>
                <span className="sr-only">{text("rating")}</span>
                {formats.number(rating, 1)}
              </>
            ) : (
              text("new")
            )}
          </span>
        </p>
        <p className="text-sm text-(--muted) wrap-anywhere first-letter:uppercase">{vehicleName(vehicle, language)}</p>
      </div>
      <p className="rounded-lg border-2 border-(--text) px-2.5 py-1 font-mono text-base font-semibold tracking-wide whitespace-nowrap">
        <span className="sr-only">{text("plate")} </span>
        {vehicle.plate}
      </p>
    </section>
  );
}
