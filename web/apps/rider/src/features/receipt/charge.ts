import type { Rescue } from "../../lib/api/types.ts";
import type { Phase } from "../../lib/rescuePhase.ts";

export interface Charge {
  /** For what the amount is owed. */
  kind: "quote" | "fixedOnSpot" | "cancelled" | "noShow" | "aborted" | "nothing";
  /** In minor units. */
  owed: number;
  /** What has become of the payment. */
  state: "nothing" | "charged" | "partlyRefunded" | "refunded" | "pending" | "failed";
}

const KINDS: Partial<Record<Phase, Charge["kind"]>> = { delivered: "quote", fixedOnSpot: "fixedOnSpot", cancelled: "cancelled", noShow: "noShow", aborted: "aborted" };

/** What a rescue that has ended costs its rider. */
export function chargeOf({ price_minor, payment, quote }: Pick<Rescue, "price_minor" | "payment" | "quote">, phase: Phase): Charge {
  const kind = KINDS[phase] ?? "nothing";
  const owed = price_minor ?? (kind === "quote" ? quote.total_minor : 0);
  return { kind: owed === 0 && kind !== "quote" ? "nothing" : kind, owed, state: stateOf(owed, payment) };
}

function stateOf(owed: number, { status, captured_minor, refunded_minor }: Rescue["payment"]): Charge["state"] {
  if (refunded_minor > 0) return refunded_minor >= captured_minor ? "refunded" : "partlyRefunded";
  if (captured_minor > 0) return "charged";
  if (owed === 0) return "nothing";
  return status === "failed" ? "failed" : "pending";
}
