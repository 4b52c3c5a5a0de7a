import type { Earning } from "./api/types.ts";

export interface EarningDay {
  /** The day in the area's zone, `2026-03-02`. */
  day: string;
  currency: string;
  amountMinor: number;
  earnings: Earning[];
}

/** Earnings by day and currency, the newest day first. */
export function earningDays(earnings: readonly Earning[], timeZone: string | undefined): EarningDay[] {
  const format = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", ...(timeZone ? { timeZone } : {}) });
  const days = new Map<string, EarningDay>();
  for (const earning of earnings) {
    const day = format.format(new Date(earning.at));
    const key = `${day} ${earning.currency}`;
    const found = days.get(key) ?? { day, currency: earning.currency, amountMinor: 0, earnings: [] };
    found.amountMinor += earning.amount_minor;
    found.earnings.push(earning);
    days.set(key, found);
  }
  return [...days.values()].sort((a, b) => b.day.localeCompare(a.day));
}
