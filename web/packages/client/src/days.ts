/** The day (`2026-03-02`) of a time, in ms since the epoch, in a time zone (IANA name); by default that of the browser. */
export function dayOf(at: number, timeZone?: string): string {
  const parts = new Intl.DateTimeFormat("en", { year: "numeric", month: "2-digit", day: "2-digit", calendar: "gregory", numberingSystem: "latn", ...(timeZone ? { timeZone } : {}) }).formatToParts(at);
  const part = (type: "year" | "month" | "day") => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}
