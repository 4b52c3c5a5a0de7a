/** Minor units as money of the page's language. */
export function money(minor: number, currency: string): string {
  return new Intl.NumberFormat("en-CA", { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(minor / 100);
}

/** Seconds as a person says them: `45 s`, `3 min`, `1 h 05`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

const clock = new Intl.DateTimeFormat("en-CA", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: "America/Toronto" });
export const timeOfDay = (at: string | number): string => clock.format(new Date(at));

/** The last characters of an id, which tell rescues apart at a glance. */
export const shortId = (id: string): string => id.slice(-6).toUpperCase();

export const words = (code: string): string => {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};
