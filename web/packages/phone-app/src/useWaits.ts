import type { PublicWaits } from "@supportcarr/client/config";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery } from "@tanstack/react-query";

import { configQueries } from "./api/config.ts";

/** What the platform does unless it is configured otherwise: shown until its configuration is known. */
const USUAL: PublicWaits = { search_seconds: 480, no_show_seconds: 600, free_cancellation_seconds: 120, code_seconds: 600 };

/** How long things take by the platform's configuration, in seconds of city time. */
export function useWaits(): PublicWaits {
  return useQuery(configQueries.current()).data?.waits ?? USUAL;
}

/** The same in words, for the sentences of an app. */
export function useWaitTexts(): Record<"search" | "noShow" | "free" | "code", string> {
  const formats = useFormats();
  const waits = useWaits();
  return {
    search: formats.longDuration(waits.search_seconds),
    noShow: formats.longDuration(waits.no_show_seconds),
    free: formats.longDuration(waits.free_cancellation_seconds),
    code: formats.longDuration(waits.code_seconds),
  };
}
