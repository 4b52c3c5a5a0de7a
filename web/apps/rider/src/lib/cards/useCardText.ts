import { useTranslations } from "use-intl";

import type { PaymentMethod } from "../api/types.ts";

const BRANDS: Record<string, string> = { visa: "Visa", mastercard: "Mastercard", amex: "American Express", discover: "Discover", jcb: "JCB", diners: "Diners Club", unionpay: "UnionPay" };

/** Names a card by its brand and its last digits. */
export function useCardText(): { name: (card: PaymentMethod) => string; expiry: (card: PaymentMethod) => string; hasExpired: (card: PaymentMethod, now: number) => boolean } {
  const text = useTranslations("cards");
  return {
    name: ({ brand, last4 }) => text("name", { brand: BRANDS[brand] ?? text("card"), last4 }),
    expiry: ({ exp_month, exp_year }) => text("expires", { month: String(exp_month).padStart(2, "0"), year: String(exp_year % 100).padStart(2, "0") }),
    hasExpired: ({ exp_month, exp_year }, now) => now >= Date.UTC(exp_year, exp_month, 1),
  };
}
