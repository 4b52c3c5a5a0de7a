/** Locale of numbers and times; the texts are in `texts.ts`. */
const LOCALE = "en-CA";

/** Formats an amount in minor units; how many make one major unit depends on the currency (CAD 100, JPY 1). */
export function formatMoney(minor: number, currency: string): string {
  const format = new Intl.NumberFormat(LOCALE, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** Formats seconds: `45 s`, `3 min`, `1 h 05`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

/** Formats metres as kilometres with one decimal. */
export const formatKilometres = (metres: number): string =>
  new Intl.NumberFormat(LOCALE, { style: "unit", unit: "kilometer", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(metres / 1000);

const timeFormats = new Map<string, Intl.DateTimeFormat>(); // cached: creating one takes longer than using it a hundred times

function timeFormatOf(timeZone: string): Intl.DateTimeFormat {
  const format = timeFormats.get(timeZone) ?? new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone });
  timeFormats.set(timeZone, format);
  return format;
}

/** Formats the time of day in a time zone (IANA name). */
export const formatTimeOfDay = (at: string | number, timezone: string): string => timeFormatOf(timezone).format(new Date(at));

const dateTimeFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

/** Formats day and time in the time zone of the browser. */
export const formatDateTime = (at: string | number): string => dateTimeFormat.format(new Date(at));

const dateFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });

/** Formats the day of a time in the time zone of the browser. */
export const formatDate = (at: string | number): string => dateFormat.format(new Date(at));

const dayFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: "UTC" });

/** Formats a day without a time zone (`2026-03-02`). */
export const formatDay = (day: string): string => dayFormat.format(new Date(`${day}T00:00:00Z`));

export { shortId } from "@supportcarr/client/shortId";

/** Turns a code into words, for codes that have no text of their own: `flat_tire` becomes `Flat tire`. */
export const humanizeCode = (code: string): string => {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};
