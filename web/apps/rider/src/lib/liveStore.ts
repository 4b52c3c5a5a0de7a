import type { ConnectionStatus } from "@supportcarr/client/realtime";
import { create } from "zustand";

/** A driver's position, as the real-time edge sends it. */
export interface DriverPosition {
  driver_id: string;
  lat: number;
  lng: number;
  at: string;
  rescue_id?: string | null;
  heading?: number | null;
  eta_seconds?: number | null;
}

interface LiveState {
  connection: ConnectionStatus;
  /** The latest position of each driver who is on the way to this rider. */
  positions: ReadonlyMap<string, DriverPosition>;
  /** How many messages of each rescue came while its chat was not open. */
  unread: ReadonlyMap<string, number>;
  setConnection: (connection: ConnectionStatus) => void;
  applyPositions: (positions: readonly DriverPosition[]) => void;
  countMessage: (rescueId: string) => void;
  openChat: (rescueId: string | null) => void;
  openedChat: string | null;
  reset: () => void;
}

const initialState = {
  connection: "connecting" as ConnectionStatus,
  positions: new Map<string, DriverPosition>() as ReadonlyMap<string, DriverPosition>,
  unread: new Map<string, number>() as ReadonlyMap<string, number>,
  openedChat: null as string | null,
};

/** What is known only from events: positions, the connection, messages that were not seen. */
export const useLive = create<LiveState>((set) => ({
  ...initialState,
  setConnection: (connection) => set({ connection }),
  applyPositions: (received) =>
    set(({ positions }) => {
      const next = new Map(positions);
      for (const position of received) {
        const before = next.get(position.driver_id);
        if (!before || before.at <= position.at) next.set(position.driver_id, position); // the latest wins
      }
      return { positions: next };
    }),
  countMessage: (rescueId) => set(({ unread, openedChat }) => (openedChat === rescueId ? {} : { unread: new Map(unread).set(rescueId, (unread.get(rescueId) ?? 0) + 1) })),
  openChat: (openedChat) =>
    set(({ unread }) => {
      if (!openedChat) return { openedChat };
      const next = new Map(unread);
      next.delete(openedChat);
      return { openedChat, unread: next };
    }),
  reset: () => set(initialState),
}));
