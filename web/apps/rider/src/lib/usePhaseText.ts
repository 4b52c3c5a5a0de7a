import { useFormats } from "@supportcarr/i18n/useFormats";
import { useWaitTexts } from "@supportcarr/phone-app/useWaits";
import { useTranslations } from "use-intl";

import type { Rescue } from "./api/types.ts";
import type { Phase } from "./rescuePhase.ts";
import { useBookingTime } from "./useBookingTime.ts";

interface PhaseText {
  /** What is so, in one short line. */
  title: string;
  /** What that means for the rider, or what they can do. */
  body: string;
}

/** Says a phase of a rescue in words. */
export function usePhaseText(): (phase: Phase, rescue: Rescue, seconds: number | null) => PhaseText {
  const text = useTranslations("phase");
  const formats = useFormats();
  const bookingTime = useBookingTime();
  const { search, noShow } = useWaitTexts();
  return (phase, rescue, seconds) => {
    const values = {
      driver: rescue.driver?.name.split(" ")[0] ?? text("aDriver"),
      eta: seconds === null ? "" : formats.duration(seconds),
      known: seconds === null ? "no" : "yes",
      when: rescue.scheduled_for ? bookingTime(rescue.scheduled_for, rescue.area_id) : "",
      price: formats.money(rescue.fix?.price_minor ?? rescue.price_minor ?? rescue.quote.total_minor, rescue.quote.currency),
      free: rescue.price_minor === 0 ? "yes" : "no",
      reason: rescue.reason ?? "none",
      search,
      noShow,
    };
    return { title: text(`${phase}.title`, values), body: text(`${phase}.body`, values) };
  };
}
