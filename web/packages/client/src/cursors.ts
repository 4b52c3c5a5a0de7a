/** A place in a stream: the epoch it belongs to and the number within it (`epoch:seq`). */
export interface Cursor {
  epoch: string;
  seq: number;
}

export function parseCursor(text: string): Cursor {
  const at = text.lastIndexOf(":");
  return { epoch: text.slice(0, at), seq: Number(text.slice(at + 1)) };
}

/** What to do with an event or a head, given what was seen of its stream. */
export type Verdict = "apply" | "repeat" | "gap" | "reset";

/**
 * Remembers how far each stream was read.  A repeat is dropped, a gap is asked for, another epoch
 * means that the server lost its streams and the app must load its state anew.
 */
export class Cursors {
  private readonly read = new Map<string, Cursor>();

  /** Start reading a stream after this place (from `stream:heads`, before the first load). */
  start(stream: string, cursor: string): void {
    this.read.set(stream, parseCursor(cursor));
  }

  knows(stream: string): boolean {
    return this.read.has(stream);
  }

  /** Judges an event; only `apply` moves the place. */
  take(stream: string, cursor: string): Verdict {
    const next = parseCursor(cursor);
    const last = this.read.get(stream);
    if (!last) {
      this.read.set(stream, next);
      return "apply";
    }
    if (last.epoch !== next.epoch) return "reset";
    if (next.seq <= last.seq) return "repeat";
    if (next.seq > last.seq + 1) return "gap";
    this.read.set(stream, next);
    return "apply";
  }

  /** Judges a head: `gap` if the stream has gone further than we have. */
  head(stream: string, cursor: string): Verdict {
    const head = parseCursor(cursor);
    const last = this.read.get(stream);
    if (!last || last.epoch !== head.epoch) return "reset";
    return head.seq > last.seq ? "gap" : "repeat";
  }

  /** `{stream: cursor}` as the server takes it in `since`. */
  since(): Record<string, string> {
    return Object.fromEntries([...this.read].map(([stream, { epoch, seq }]) => [stream, `${epoch}:${seq}`]));
  }
}
