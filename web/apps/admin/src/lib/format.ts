/** The language of figures and times; the texts are in `texts.ts`. */
const LOCALE = "en-CA";

/** Minor units as money; how many make one is the currency's own affair (CAD 100, JPY 1). */
export function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat(LOCALE, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** Seconds as a person says them: `45 s`, `3 min`, `1 h 05`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

/** Metres as kilometres with one decimal. */
export const kilometres = (metres: number): string =>
  new Intl.NumberFormat(LOCALE, { style: "unit", unit: "kilometer", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(metres / 1000);

const clocks = new Map<string, Intl.DateTimeFormat>(); // to make one takes longer than to use it a hundred times

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const made = clocks.get(timeZone) ?? new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone });
  clocks.set(timeZone, made);
  return made;
}

/** The time of day in a zone (IANA name). */
export const timeOfDay = (at: string | number, timezone: string): string => clockOf(timezone).format(new Date(at));

/** The last characters of an id, which tell rescues apart at a glance. */
export const shortId = (id: string): string => id.slice(-6).toUpperCase();

/** A code as words, for one that has no text of its own. */
export const words = (code: string): string => {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};
