/** Locale of times; the texts are in `texts.ts`. */
const LOCALE = "en-CA";

const dateTimeFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const dateFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "long" });

/** Formats day and time in the time zone of the device. */
export const formatDateTime = (at: string): string => dateTimeFormat.format(new Date(at));

/** Formats the day in the time zone of the device. */
export const formatDate = (at: string): string => dateFormat.format(new Date(at));

const dayFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeZone: "UTC" });

/** Formats a day without a time zone (`2026-03-02`). */
export const formatDay = (day: string): string => dayFormat.format(new Date(`${day}T00:00:00Z`));

/** Formats an amount in minor units; how many make one major unit depends on the currency (CAD 100, JPY 1). */
export function formatMoney(minor: number, currency: string): string {
  const format = new Intl.NumberFormat(LOCALE, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** Formats an average of stars with one decimal. */
export const formatAverage = (average: number): string => average.toLocaleString(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
