import { useQuery } from "@tanstack/react-query";

import { reverseGeocoding } from "./api/geocoding.ts";
import { usePhoneApp } from "./PhoneAppContext.tsx";

interface Point {
  lat: number;
  lng: number;
  address?: string | null;
}

/** The words for a point: its address, else what is there; `null` while nothing is known. */
export function usePlaceName(point: Point | null): string | null {
  const { http } = usePhoneApp().session;
  const found = useQuery({ ...reverseGeocoding(http, point?.lat ?? 0, point?.lng ?? 0), enabled: point !== null && !point.address });
  return point?.address ?? found.data?.label ?? null;
}
