import type { StreamEvent } from "@supportcarr/client/src/realtime.ts";
import type { Connection } from "@supportcarr/client/src/realtime.ts";
import { create } from "zustand";

import type { DriverPoint, MapView, RescueRow } from "./api.ts";
import { isLive } from "./status.ts";

/** A truck on the map: where it is, and where it was a moment ago (to draw it moving). */
export interface Truck {
  id: string;
  lat: number;
  lng: number;
  from: { lat: number; lng: number };
  movedAt: number;
  heading: number | null;
  rescueId: string | null;
}

/** A line of the stream of events. */
export interface Line {
  id: string;
  at: string;
  name: string;
  rescueId: string | null;
  status: string | null;
  data: Record<string, unknown>;
}

interface StatusUpdate {
  rescue_id: string;
  status: string;
  version: number;
  previous?: string | null;
  reason?: string | null;
}

interface Position {
  driver_id: string;
  lat: number;
  lng: number;
  heading?: number | null;
  rescue_id?: string | null;
}

const LINES = 200;
const FORGET_TRUCK_MS = 45_000;

interface City {
  connection: Connection;
  trucks: Map<string, Truck>;
  rescues: Map<string, RescueRow>;
  lines: Line[];
  opened: string | null;
  setConnection: (connection: Connection) => void;
  open: (rescueId: string | null) => void;
  load: (view: MapView) => void;
  /** Rows read again: each replaces what is known of it unless that is newer. */
  merge: (rows: RescueRow[]) => void;
  apply: (name: string, event: StreamEvent) => void;
  move: (positions: Position[], now: number) => void;
}

const truckOf = (point: DriverPoint | Position, now: number, was?: Truck): Truck => ({
  id: point.driver_id,
  lat: point.lat,
  lng: point.lng,
  from: was ? { lat: was.lat, lng: was.lng } : { lat: point.lat, lng: point.lng },
  movedAt: now,
  heading: point.heading ?? was?.heading ?? null,
  rescueId: point.rescue_id ?? null,
});

/** The city as the console knows it: loaded once by REST, then kept by events. */
export const useCity = create<City>((set) => ({
  connection: "connecting",
  trucks: new Map(),
  rescues: new Map(),
  lines: [],
  opened: null,
  setConnection: (connection) => set({ connection }),
  open: (opened) => set({ opened }),
  load: (view) =>
    set(() => {
      const now = performance.now();
      return {
        trucks: new Map(view.drivers.map((point) => [point.driver_id, truckOf(point, now)])),
        rescues: new Map(view.rescues.map((row) => [row.id, row])),
      };
    }),
  merge: (rows) =>
    set((city) => {
      const rescues = new Map(city.rescues);
      for (const row of rows) {
        const known = rescues.get(row.id);
        if (known) rescues.set(row.id, known.version > row.version ? { ...row, status: known.status, version: known.version } : row);
      }
      return { rescues };
    }),
  apply: (name, event) =>
    set((city) => {
      const data = event.data as Record<string, unknown>;
      const line: Line = {
        id: event.id,
        at: event.at,
        name,
        rescueId: typeof data.rescue_id === "string" ? data.rescue_id : null,
        status: typeof data.status === "string" ? data.status : null,
        data,
      };
      const lines = [line, ...city.lines].slice(0, LINES);
      if (name !== "rescue:status_update") return { lines };
      return { lines, rescues: moved(city.rescues, event.data as StatusUpdate, event.at) };
    }),
  move: (positions, now) =>
    set((city) => {
      const trucks = new Map(city.trucks);
      for (const position of positions) {
        trucks.set(position.driver_id, truckOf(position, now, trucks.get(position.driver_id)));
      }
      for (const truck of trucks.values()) {
        if (now - truck.movedAt > FORGET_TRUCK_MS) trucks.delete(truck.id);
      }
      return { trucks };
    }),
}));

/** The rescues after one changed its state; an older version than the one known changes nothing. */
export function moved(rescues: Map<string, RescueRow>, update: StatusUpdate, at: string): Map<string, RescueRow> {
  const known = rescues.get(update.rescue_id);
  if (known && known.version >= update.version) return rescues;
  const next = new Map(rescues);
  if (!isLive(update.status)) {
    next.delete(update.rescue_id);
    return next;
  }
  const row: RescueRow = known ?? ({ id: update.rescue_id, requested_at: at } as RescueRow);
  next.set(update.rescue_id, {
    ...row,
    status: update.status,
    version: update.version,
    ...(update.status === "matching" ? { waiting_since: at } : {}),
    ...(update.status === "assigned" ? { assigned_at: at } : {}),
  });
  return next;
}
