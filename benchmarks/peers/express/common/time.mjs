// City time, as the platform keeps it: wall time and an offset.  Positions count microseconds.

const MOMENT = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

/** Microseconds since 1970 of an RFC 3339 time with its zone; NaN if it is none. */
export function microsOf(text) {
  const match = MOMENT.exec(text);
  if (match === null) return Number.NaN;
  const [, day, time, fraction, zone] = match;
  const micros = fraction === undefined ? 0 : Number(fraction.padEnd(6, "0").slice(0, 6));
  return Date.parse(`${day}T${time}${zone.toUpperCase()}`) * 1000 + micros;
}

export class CityClock {
  constructor(offsetMs) {
    this.offsetMs = offsetMs;
  }

  micros() {
    return (performance.timeOrigin + performance.now() + this.offsetMs) * 1000;
  }

  iso() {
    const micros = Math.floor(this.micros());
    const text = new Date(micros / 1000).toISOString();
    return `${text.slice(0, 23)}${String(micros % 1000).padStart(3, "0")}Z`;
  }
}
