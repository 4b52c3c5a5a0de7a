import { useFormats } from "@supportcarr/i18n/useFormats";
import { configQueries } from "@supportcarr/phone-app/api/config";
import { useQuery } from "@tanstack/react-query";

/** The time zone of an area; of the first one if it is not known yet which. */
export function useAreaZone(): (areaId: string | null | undefined) => string | undefined {
  const areas = useQuery(configQueries.current()).data?.areas;
  return (areaId) => (areas?.find(({ id }) => id === areaId) ?? areas?.[0])?.timezone;
}

/** Day and time of a booking by the clock of its area, where the rider is then: the phone may have another time zone. */
export function useBookingTime(): (at: string, areaId: string | null | undefined) => string {
  const formats = useFormats();
  const zoneOf = useAreaZone();
  return (at, areaId) => formats.dateTime(at, zoneOf(areaId));
}
