import type { ConnectionStatus, StreamEvent } from "@supportcarr/client/realtime";
import { create } from "zustand";

import type { DriverPosition, MapView } from "./api/types.ts";
import { applyStatusUpdate, type LiveRescue, type LiveRescues, mergeRescueSnapshot, type StatusUpdate } from "./liveRescues.ts";
import { applyPositions, mergeTruckSnapshot, removeSilentTrucks, type Trucks } from "./trucks.ts";

/** An event as the activity feed shows it. */
export interface ActivityEvent {
  id: string;
  at: string;
  name: string;
  rescueId: string | null;
  status: string | null;
  data: Record<string, unknown>;
}

const MAX_EVENTS = 200;

interface CityState extends LiveRescues {
  connection: ConnectionStatus;
  /** Whether a snapshot has been loaded. */
  loaded: boolean;
  /** Whether the last attempt to load a snapshot failed. */
  loadFailed: boolean;
  trucks: Trucks;
  /** Newest first. */
  events: readonly ActivityEvent[];
  setConnection: (connection: ConnectionStatus) => void;
  /** Merges a snapshot that was requested at the revision `requestedAtRevision`. */
  applySnapshot: (view: MapView, requestedAtRevision: number, now: number) => void;
  setLoadFailed: () => void;
  /** Applies an event; a past one is only listed, as the snapshot already contains its effect. */
  applyEvent: (name: string, event: StreamEvent, past: boolean) => void;
  applyPositions: (positions: readonly DriverPosition[], now: number) => void;
  removeSilentTrucks: (now: number) => void;
  /** Resets everything, so that nothing is left for the next person who signs in. */
  reset: () => void;
}

const initialState = {
  connection: "connecting" as ConnectionStatus,
  loaded: false,
  loadFailed: false,
  revision: 0,
  lastEvents: new Map(),
  rescues: new Map<string, LiveRescue>(),
  trucks: new Map() as Trucks,
  events: [],
};

/** The live state of the city: loaded as a snapshot over HTTP, then kept up to date by events. */
export const useCityStore = create<CityState>((set) => ({
  ...initialState,
  setConnection: (connection) => set({ connection }),
  applySnapshot: (view, requestedAtRevision, now) =>
    set((state) => ({
      ...mergeRescueSnapshot(state, view.rescues, requestedAtRevision),
      loaded: true,
      loadFailed: false,
      trucks: mergeTruckSnapshot(state.trucks, view.drivers, view.at, now),
    })),
  setLoadFailed: () => set({ loadFailed: true }),
  applyEvent: (name, event, past) =>
    set((state) => {
      const events = addEvent(state.events, name, event);
      if (past || name !== "rescue:status_update") return { events };
      return { ...applyStatusUpdate(state, event.data as StatusUpdate, event.at), events };
    }),
  applyPositions: (positions, now) => set((state) => ({ trucks: applyPositions(state.trucks, positions, now) })),
  removeSilentTrucks: (now) =>
    set((state) => {
      const trucks = removeSilentTrucks(state.trucks, now);
      return trucks === state.trucks ? state : { trucks };
    }),
  reset: () => set(initialState),
}));

/** Adds an event at the top, unless it is listed already. */
function addEvent(events: readonly ActivityEvent[], name: string, { id, at, data }: StreamEvent): readonly ActivityEvent[] {
  if (events.some((event) => event.id === id)) return events;
  const fields = data as Record<string, unknown>;
  const added: ActivityEvent = {
    id,
    at,
    name,
    rescueId: typeof fields.rescue_id === "string" ? fields.rescue_id : null,
    status: typeof fields.status === "string" ? fields.status : null,
    data: fields,
  };
  return [added, ...events].slice(0, MAX_EVENTS);
}
