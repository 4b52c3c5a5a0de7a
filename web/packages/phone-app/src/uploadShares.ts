import { create } from "zustand";

/** The share of each photo in a queue that has been sent, from 0 to 1, by its action. */
const useShares = create<{ shares: ReadonlyMap<string, number> }>(() => ({ shares: new Map() }));

export const showShare = (id: string, share: number): void => useShares.setState(({ shares }) => ({ shares: new Map(shares).set(id, share) }));

export const useShare = (id: string): number => useShares(({ shares }) => shares.get(id) ?? 0);
