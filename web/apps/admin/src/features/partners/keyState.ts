import type { PartnerKey } from "../../lib/api/types.ts";

export type KeyState = "active" | "expiring" | "ending" | "expired" | "revoked";

const SOON_MS = 14 * 86_400_000;

/** Whether a key works, and whether that ends soon. */
export function keyState(key: Pick<PartnerKey, "expires_at" | "revoked_at" | "rotated_to">, now: number): KeyState {
  if (key.revoked_at) return "revoked";
  const left = key.expires_at ? Date.parse(key.expires_at) - now : Infinity;
  if (left <= 0) return "expired";
  if (key.rotated_to) return "ending";
  return left < SOON_MS ? "expiring" : "active";
}

/** Whether a key can still be rotated or revoked. */
export const isUsable = (state: KeyState): boolean => state !== "expired" && state !== "revoked";

/** The time at which a key ends that was chosen to end in so many days, on a day (`2026-03-02`, until it is over), or never. */
export function expiryOf(choice: string, day: string, now: number): string | null {
  if (choice === "never") return null;
  if (choice !== "date") return new Date(now + Number(choice) * 86_400_000).toISOString();
  const end = new Date(`${day}T00:00:00`);
  end.setDate(end.getDate() + 1);
  return end.toISOString();
}
