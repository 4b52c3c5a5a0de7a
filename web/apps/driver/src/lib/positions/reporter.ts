import { toProblem } from "@supportcarr/client/http";
import { mayRetry, nextId } from "@supportcarr/pwa/actions";

import type { PositionReport, PositionResult } from "../api/types.ts";
import { BATCH_MAX, type BufferedPosition, isWorthKeeping, toReport, withinLimit } from "./buffer.ts";
import type { Storage } from "./storage.ts";

/** Sends positions in the order of time; without a connection they are kept on the phone, thinned, and sent later. */
export class PositionReporter {
  private buffered: readonly BufferedPosition[] = [];
  private flushing: Promise<void> | null = null;

  constructor(
    private readonly storage: Storage<BufferedPosition>,
    private readonly send: (positions: readonly PositionReport[]) => Promise<PositionResult>,
  ) {}

  async restore(): Promise<void> {
    this.buffered = [...(await this.storage.all()), ...this.buffered];
  }

  get waiting(): number {
    return this.buffered.length;
  }

  /** Takes a new position, and sends it with all that wait. */
  async report(position: PositionReport): Promise<void> {
    if (this.buffered.length > 1 && !isWorthKeeping(this.buffered.at(-1), position)) return this.flush().catch(() => undefined);
    const kept = { ...position, id: nextId() };
    const before = this.buffered;
    this.buffered = withinLimit([...before, kept]);
    await this.flush().catch(() => undefined);
    if (this.buffered.some(({ id }) => id === kept.id)) await this.storage.put(kept);
    for (const { id } of before.slice(0, Math.max(0, before.length + 1 - this.buffered.length))) await this.storage.remove(id);
  }

  /** Sends what waits, one request at a time; rejects if there is no connection. */
  flush(): Promise<void> {
    this.flushing ??= this.sendAll().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  private async sendAll(): Promise<void> {
    while (this.buffered.length > 0) {
      const batch = this.buffered.slice(0, BATCH_MAX);
      try {
        await this.send(batch.map(toReport));
      } catch (error) {
        if (mayRetry(toProblem(error).status)) throw error; // refused ones are of no use later
      }
      const sent = new Set(batch.map(({ id }) => id));
      this.buffered = this.buffered.filter(({ id }) => !sent.has(id));
      for (const id of sent) await this.storage.remove(id);
    }
  }
}
