import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, Truck } from "lucide-react";
import { useTranslations } from "use-intl";

import { pricingQueries } from "../../lib/api/pricing.ts";

/** Whether somebody could come to that place now, and how soon. */
export function CoverageLine({ at, inArea }: { at: { lat: number; lng: number }; inArea: boolean }) {
  const text = useTranslations("coverage");
  const formats = useFormats();
  const { data, isError, isPaused } = useQuery({ ...pricingQueries.coverage(at), enabled: inArea, placeholderData: (before) => before });
  const outside = !inArea || data?.covered === false;
  const sentence = outside
    ? text("outside")
    : isError || (isPaused && !data)
      ? text("unknown")
      : !data
        ? text("checking")
        : data.drivers_available && typeof data.eta_seconds === "number"
          ? text("available", { eta: formats.duration(data.eta_seconds) })
          : text("nobody");
  const Icon = outside ? CircleAlert : Truck;
  return (
    <p role="status" className="mt-3 flex items-center gap-2 text-sm">
      <Icon aria-hidden="true" className={`size-5 shrink-0 ${outside ? "text-(--danger-text)" : "text-(--signal)"}`} />
      {sentence}
    </p>
  );
}
