/**
 * A position in an event stream.  The wire calls it a cursor and writes it `epoch:seq`; the offset is
 * the number of the event within the epoch.
 */
export interface StreamPosition {
  epoch: string;
  offset: number;
}

export function parsePosition(cursor: string): StreamPosition {
  const colon = cursor.lastIndexOf(":");
  return { epoch: cursor.slice(0, colon), offset: Number(cursor.slice(colon + 1)) };
}

export const formatPosition = ({ epoch, offset }: StreamPosition): string => `${epoch}:${offset}`;

/**
 * How a received position relates to the last one read from the same stream:
 * `next` is the one expected, `duplicate` was read already, `gap` means that events in between are
 * missing, `reset` means that the server started a new epoch and the app must reload its state.
 */
export type PositionCheck = "next" | "duplicate" | "gap" | "reset";

/** The last position read from each stream. */
export class StreamPositions {
  private readonly positions = new Map<string, StreamPosition>();

  /** Start reading a stream after this position. */
  set(stream: string, position: StreamPosition): void {
    this.positions.set(stream, position);
  }

  has(stream: string): boolean {
    return this.positions.has(stream);
  }

  /** Checks the position of an event and moves to it if it is `next`. */
  advance(stream: string, cursor: string): PositionCheck {
    const received = parsePosition(cursor);
    const last = this.positions.get(stream);
    if (!last) {
      this.positions.set(stream, received);
      return "next";
    }
    if (last.epoch !== received.epoch) return "reset";
    if (received.offset <= last.offset) return "duplicate";
    if (received.offset > last.offset + 1) return "gap";
    this.positions.set(stream, received);
    return "next";
  }

  /** Compares with the position of the stream's latest event: `gap` if the stream is ahead of us. */
  compareWithLatest(stream: string, cursor: string): "duplicate" | "gap" | "reset" {
    const latest = parsePosition(cursor);
    const last = this.positions.get(stream);
    if (!last || last.epoch !== latest.epoch) return "reset";
    return latest.offset > last.offset ? "gap" : "duplicate";
  }

  /** `{stream: cursor}`, as the server takes it in `since`. */
  toCursors(): Record<string, string> {
    return Object.fromEntries([...this.positions].map(([stream, position]) => [stream, formatPosition(position)]));
  }
}
