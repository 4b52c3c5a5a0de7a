import type { Rescue } from "./api/types.ts";

const WITHOUT_CHARGE = new Set<Rescue["status"]>(["unserved", "rejected"]);

/** What a rescue costs its rider as far as that is known, in minor units; `null` if it costs nothing. */
export function owedBy({ status, price_minor, quote }: Pick<Rescue, "status" | "price_minor" | "quote">): number | null {
  if (WITHOUT_CHARGE.has(status)) return null;
  return (price_minor ?? quote.total_minor) || null;
}
