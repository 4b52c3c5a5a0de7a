import { toProblem } from "@supportcarr/client/http";
import { mayRetry, nextId } from "@supportcarr/pwa/actions";

import type { PositionReport, PositionResult } from "../api/types.ts";
import { BATCH_MAX, type BufferedPosition, isWorthKeeping, toReport, withinLimit } from "./buffer.ts";
import type { Storage } from "./storage.ts";

/**
 * Sends positions in the order of time; without a connection they are kept on the phone, thinned, and sent later: those
 * of each driver with their own session alone.
 */
export class PositionReporter {
  /** The positions that wait, of everybody who was signed in since the page was loaded. */
  private buffered: readonly BufferedPosition[] = [];
  private flushing: Promise<void> | null = null;

  constructor(
    private readonly storage: Storage<BufferedPosition>,
    private readonly send: (positions: readonly PositionReport[]) => Promise<PositionResult>,
    /** Whose session the app has; `null`: none. */
    private readonly owner: () => string | null,
  ) {}

  /** Reads what the phone has kept, once it is known who is signed in. */
  async restore(): Promise<void> {
    const stored = await this.storage.all().catch(() => []);
    const known = new Set(this.buffered.map(({ id }) => id));
    this.buffered = [...stored.filter(({ id }) => !known.has(id)), ...this.buffered].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get waiting(): number {
    return this.own().length;
  }

  /** Takes a new position, and sends it with all that wait. */
  async report(position: PositionReport): Promise<void> {
    const owner = this.owner();
    if (owner === null) return;
    const own = this.own();
    if (own.length > 1 && !isWorthKeeping(own.at(-1), position)) return this.flush().catch(() => undefined);
    const kept = { ...position, id: nextId(), owner };
    const before = this.buffered;
    this.buffered = withinLimit([...before, kept]);
    await this.flush().catch(() => undefined);
    const left = new Set(this.buffered.map(({ id }) => id));
    if (left.has(kept.id)) await this.storage.put(kept).catch(() => undefined); // it lasts as long as the page
    await this.remove(before.filter(({ id }) => !left.has(id))); // sent, or beyond the limit
  }

  /** Sends what waits, one request at a time; rejects if there is no connection. */
  flush(): Promise<void> {
    this.flushing ??= this.sendAll().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  /** Deletes every position that waits: the driver signs out. */
  async clear(): Promise<void> {
    this.buffered = [];
    await this.remove(await this.storage.all().catch(() => []));
  }

  /** Removes positions from the storage; where that fails they are sent once more, which changes nothing. */
  private async remove(positions: readonly BufferedPosition[]): Promise<void> {
    for (const { id } of positions) await this.storage.remove(id).catch(() => undefined);
  }

  private own(): readonly BufferedPosition[] {
    const owner = this.owner();
    return this.buffered.filter((position) => position.owner === owner);
  }

  private async sendAll(): Promise<void> {
    for (;;) {
      const batch = this.own().slice(0, BATCH_MAX);
      if (batch.length === 0) return;
      try {
        await this.send(batch.map(toReport));
      } catch (error) {
        if (mayRetry(toProblem(error).status)) throw error; // refused ones are of no use later
      }
      const sent = new Set(batch.map(({ id }) => id));
      this.buffered = this.buffered.filter(({ id }) => !sent.has(id));
      await this.remove(batch);
    }
  }
}
