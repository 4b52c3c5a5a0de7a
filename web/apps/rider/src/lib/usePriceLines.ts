import { useFormats } from "@supportcarr/i18n/useFormats";
import { useTranslations } from "use-intl";

import type { PriceItem } from "./api/types.ts";
import type { PriceLine } from "@supportcarr/ui/PriceLines";

interface Priced {
  items: readonly PriceItem[];
  currency: string;
}

/** The lines of a price in words: what each is for. */
export function usePriceLines(): (quote: Priced, route?: { distance_m: number; duration_s: number }) => PriceLine[] {
  const text = useTranslations("price");
  const formats = useFormats();
  return ({ items, currency }, route) =>
    items.map(({ code, label, amount_minor }) => {
      const known = text.has(`${code}.label` as never);
      const values = {
        distance: route ? formats.distance(route.distance_m) : "",
        duration: route ? formats.duration(route.duration_s) : "",
        label,
        known: route ? "yes" : "no",
      };
      return {
        label: known ? text(`${code}.label` as never, values as never) : label,
        detail: known ? text(`${code}.about` as never, values as never) || undefined : undefined,
        amount: formats.money(amount_minor, currency),
      };
    });
}
