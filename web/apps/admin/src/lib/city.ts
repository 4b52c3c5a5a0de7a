import type { Connection, StreamEvent } from "@supportcarr/client/src/realtime.ts";
import { create } from "zustand";

import type { DriverPoint, MapView } from "./api.ts";
import { type LiveRescue, moved, read, type Rescues, type StatusUpdate } from "./rescues.ts";
import { driven, heardLately, snapshot, type Trucks } from "./trucks.ts";

/** A line of the stream of events. */
export interface Line {
  id: string;
  at: string;
  name: string;
  rescueId: string | null;
  status: string | null;
  data: Record<string, unknown>;
}

const LINES = 200;

interface City extends Rescues {
  connection: Connection;
  /** Whether the state was read, and whether the last attempt to read it failed. */
  loaded: boolean;
  unread: boolean;
  trucks: Trucks;
  lines: readonly Line[];
  opened: string | null;
  setConnection: (connection: Connection) => void;
  open: (rescueId: string | null) => void;
  /** The state as it was read; `asked` is the turn at which it was asked for. */
  load: (view: MapView, asked: number, now: number) => void;
  failToLoad: () => void;
  /** An event; one of the past is only told, as the state that was loaded holds it already. */
  apply: (name: string, event: StreamEvent, past: boolean) => void;
  move: (positions: readonly DriverPoint[], now: number) => void;
  /** Forgets trucks that have been silent for long. */
  sweep: (now: number) => void;
  /** As before the first load: whoever signs in next sees nothing of this. */
  clear: () => void;
}

const nothing = {
  connection: "connecting" as Connection,
  loaded: false,
  unread: false,
  turn: 0,
  heard: new Map(),
  rescues: new Map<string, LiveRescue>(),
  trucks: new Map() as Trucks,
  lines: [],
  opened: null,
};

/** The city as the console knows it: loaded by REST, then kept by events. */
export const useCity = create<City>((set) => ({
  ...nothing,
  setConnection: (connection) => set({ connection }),
  open: (opened) => set({ opened }),
  load: (view, asked, now) =>
    set((city) => ({
      ...read(city, view.rescues, asked),
      loaded: true,
      unread: false,
      trucks: snapshot(city.trucks, view.drivers, view.at, now),
    })),
  failToLoad: () => set({ unread: true }),
  apply: (name, event, past) =>
    set((city) => {
      const lines = told(city.lines, name, event);
      if (past || name !== "rescue:status_update") return { lines };
      return { ...moved(city, event.data as StatusUpdate, event.at), lines };
    }),
  move: (positions, now) => set((city) => ({ trucks: driven(city.trucks, positions, now) })),
  sweep: (now) =>
    set((city) => {
      const trucks = heardLately(city.trucks, now);
      return trucks === city.trucks ? city : { trucks };
    }),
  clear: () => set(nothing),
}));

/** Newest first; an event that was told already is not told twice. */
function told(lines: readonly Line[], name: string, event: StreamEvent): readonly Line[] {
  if (lines.some((line) => line.id === event.id)) return lines;
  const data = event.data as Record<string, unknown>;
  const line: Line = {
    id: event.id,
    at: event.at,
    name,
    rescueId: typeof data.rescue_id === "string" ? data.rescue_id : null,
    status: typeof data.status === "string" ? data.status : null,
    data,
  };
  return [line, ...lines].slice(0, LINES);
}
