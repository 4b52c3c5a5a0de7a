import { problemOf } from "@supportcarr/client/src/http.ts";
import type { StreamEvent } from "@supportcarr/client/src/realtime.ts";

import { type DriverPoint, getMap } from "../lib/api.ts";
import { useCity } from "../lib/city.ts";

const SOON_MS = 500; // what is to be read for several reasons is read once
const AGAIN_MS = [1_000, 2_000, 4_000, 8_000];
const SWEEP_MS = 5_000;
// The rows are built from the same events as the stream, a moment later: what fell between is found so.
const REREAD_MS = 20_000;

/** Keeps the city of `lib/city` true: loaded when the streams are known, then kept by events. */
export class LiveCity {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly rhythm: ReturnType<typeof setInterval>[] = [];
  private failures = 0;
  private reading = false;
  private wanted = false;
  private stopped = false;
  private readonly waiting = new Map<string, DriverPoint>();
  private frame = 0;

  constructor(
    private readonly area: string,
    /** The account may not use the console (any more). */
    private readonly onForbidden: () => void,
  ) {}

  start(): void {
    this.rhythm.push(
      setInterval(() => this.readSoon(), REREAD_MS),
      setInterval(() => {
        const { connection, sweep } = useCity.getState();
        if (connection === "live") sweep(performance.now());
      }, SWEEP_MS),
    );
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const beat of this.rhythm) clearInterval(beat);
    cancelAnimationFrame(this.frame);
  }

  /** Read the state now; while it is being read, once more afterwards. */
  readNow(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.reading) {
      this.wanted = true;
      return;
    }
    this.reading = true;
    this.wanted = false;
    void this.read().finally(() => {
      this.reading = false;
      if (this.wanted && !this.stopped) this.readNow();
    });
  }

  event(name: string, event: StreamEvent, past: boolean): void {
    useCity.getState().apply(name, event, past);
    if (past) return;
    // An event carries no places: of a rescue that is known only from events the rest is read.
    const { rescue_id } = event.data as { rescue_id?: string };
    const rescue = rescue_id ? useCity.getState().rescues.get(rescue_id) : undefined;
    if (rescue && rescue.status !== "requested" && !rescue.pickup) this.readSoon();
  }

  /**
   * One or many; one change of state a frame, however many came.  A page in the background has no
   * frames: of each truck the latest waits.
   */
  positions(positions: unknown): void {
    for (const position of (Array.isArray(positions) ? positions : [positions]) as DriverPoint[]) {
      this.waiting.set(position.driver_id, position);
    }
    this.frame ||= requestAnimationFrame((now) => {
      useCity.getState().move([...this.waiting.values()], now);
      this.waiting.clear();
      this.frame = 0;
    });
  }

  private readSoon(): void {
    this.timer ??= setTimeout(() => this.readNow(), SOON_MS);
  }

  private async read(): Promise<void> {
    const asked = useCity.getState().turn;
    try {
      const view = await getMap(this.area);
      if (this.stopped) return;
      this.failures = 0;
      useCity.getState().load(view, asked, performance.now());
    } catch (error) {
      if (this.stopped) return;
      if (problemOf(error).status === 403) {
        this.onForbidden();
        return;
      }
      useCity.getState().failToLoad();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.readNow(), AGAIN_MS[Math.min(this.failures, AGAIN_MS.length - 1)]);
      this.failures += 1;
    }
  }
}
