import type { ConnectionStatus } from "@supportcarr/client/realtime";
import { create } from "zustand";

/** How an offer ended without the driver having it. */
export interface ClosedOffer {
  offerId: string;
  outcome: string;
}

interface LiveState {
  connection: ConnectionStatus;
  /** How many messages of each rescue came while its chat was not open. */
  unread: ReadonlyMap<string, number>;
  openedChat: string | null;
  /** The offer that has just ended by itself, until the driver has read it. */
  closedOffer: ClosedOffer | null;
  setConnection: (connection: ConnectionStatus) => void;
  countMessage: (rescueId: string) => void;
  openChat: (rescueId: string | null) => void;
  closeOffer: (closedOffer: ClosedOffer | null) => void;
  reset: () => void;
}

const initialState = {
  connection: "connecting" as ConnectionStatus,
  unread: new Map<string, number>() as ReadonlyMap<string, number>,
  openedChat: null as string | null,
  closedOffer: null as ClosedOffer | null,
};

/** What is known only from events: the connection, messages that were not seen, offers that ended. */
export const useLive = create<LiveState>((set) => ({
  ...initialState,
  setConnection: (connection) => set({ connection }),
  countMessage: (rescueId) => set(({ unread, openedChat }) => (openedChat === rescueId ? {} : { unread: new Map(unread).set(rescueId, (unread.get(rescueId) ?? 0) + 1) })),
  openChat: (openedChat) =>
    set(({ unread }) => {
      if (!openedChat) return { openedChat };
      const next = new Map(unread);
      next.delete(openedChat);
      return { openedChat, unread: next };
    }),
  closeOffer: (closedOffer) => set({ closedOffer }),
  reset: () => set(initialState),
}));
