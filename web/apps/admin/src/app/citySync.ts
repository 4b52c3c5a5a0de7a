import { toProblem } from "@supportcarr/client/http";
import type { StreamEvent } from "@supportcarr/client/realtime";

import { fetchMapView } from "../lib/api/mapView.ts";
import type { DriverPosition } from "../lib/api/types.ts";
import { useCityStore } from "../lib/cityStore.ts";

const RELOAD_DELAY_MS = 500; // reloads requested within this time are combined
const RETRY_DELAYS_MS = [1_000, 2_000, 4_000, 8_000];
const SILENT_TRUCKS_INTERVAL_MS = 5_000;
// The rows of a snapshot are built from the same events as the stream, a moment later.  Periodic reloads
// correct whatever a snapshot missed.
const RELOAD_INTERVAL_MS = 20_000;

/** Keeps the city store up to date: loads snapshots, and applies events and positions. */
export class CitySync {
  private reloadTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly intervals: ReturnType<typeof setInterval>[] = [];
  private failures = 0;
  private loading = false;
  private reloadRequested = false;
  private stopped = false;
  private readonly pendingPositions = new Map<string, DriverPosition>();
  private frame = 0;

  constructor(
    private readonly areaId: string,
    /** Called when the account is not (or no longer) allowed to use the console. */
    private readonly onForbidden: () => void,
  ) {}

  start(): void {
    this.intervals.push(
      setInterval(() => this.reloadSoon(), RELOAD_INTERVAL_MS),
      setInterval(() => {
        const { connection, removeSilentTrucks } = useCityStore.getState();
        if (connection === "live") removeSilentTrucks(performance.now());
      }, SILENT_TRUCKS_INTERVAL_MS),
    );
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.reloadTimer);
    for (const interval of this.intervals) clearInterval(interval);
    cancelAnimationFrame(this.frame);
  }

  /** Loads a snapshot now; if one is being loaded, loads another one afterwards. */
  reloadNow(): void {
    clearTimeout(this.reloadTimer);
    this.reloadTimer = undefined;
    if (this.loading) {
      this.reloadRequested = true;
      return;
    }
    this.loading = true;
    this.reloadRequested = false;
    void this.load().finally(() => {
      this.loading = false;
      if (this.reloadRequested && !this.stopped) this.reloadNow();
    });
  }

  applyEvent(name: string, event: StreamEvent, past: boolean): void {
    // An operator receives the streams of all areas.
    if (event.stream.startsWith("ops:") && event.stream !== `ops:${this.areaId}`) return;
    useCityStore.getState().applyEvent(name, event, past);
    if (past) return;
    // Events carry no coordinates: load them for a rescue that is known only from events.
    const { rescue_id } = event.data as { rescue_id?: string };
    const rescue = rescue_id ? useCityStore.getState().rescues.get(rescue_id) : undefined;
    if (rescue && rescue.status !== "requested" && !rescue.pickup) this.reloadSoon();
  }

  /**
   * Applies one or many positions, at most once per animation frame.  A page in the background has no
   * frames; the latest position of each truck waits until it has one.
   */
  applyPositions(positions: unknown): void {
    for (const position of (Array.isArray(positions) ? positions : [positions]) as DriverPosition[]) {
      this.pendingPositions.set(position.driver_id, position);
    }
    this.frame ||= requestAnimationFrame((now) => {
      useCityStore.getState().applyPositions([...this.pendingPositions.values()], now);
      this.pendingPositions.clear();
      this.frame = 0;
    });
  }

  private reloadSoon(): void {
    this.reloadTimer ??= setTimeout(() => this.reloadNow(), RELOAD_DELAY_MS);
  }

  private async load(): Promise<void> {
    const requestedAtRevision = useCityStore.getState().revision;
    try {
      const view = await fetchMapView(this.areaId);
      if (this.stopped) return;
      this.failures = 0;
      useCityStore.getState().applySnapshot(view, requestedAtRevision, performance.now());
    } catch (error) {
      if (this.stopped) return;
      if (toProblem(error).status === 403) {
        this.onForbidden();
        return;
      }
      useCityStore.getState().setLoadFailed();
      clearTimeout(this.reloadTimer);
      this.reloadTimer = setTimeout(() => this.reloadNow(), RETRY_DELAYS_MS[Math.min(this.failures, RETRY_DELAYS_MS.length - 1)]);
      this.failures += 1;
    }
  }
}
