/** The clock of a time zone at an instant, as `<input type="datetime-local">` writes it. */
export function toLocal(instant: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(instant);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}`;
}

/** The instant at which the clock of a time zone shows `local`; `null` if that is no time. */
export function toInstant(local: string, timeZone: string): number | null {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return null;
  const offsetAt = (instant: number) => Date.parse(`${toLocal(instant, timeZone)}Z`) - Math.floor(instant / 60_000) * 60_000;
  const guess = asUtc - offsetAt(asUtc);
  return asUtc - offsetAt(guess); // on the right side of a change of the clock
}
