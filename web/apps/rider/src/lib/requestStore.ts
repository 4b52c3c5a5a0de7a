import { tabStorage } from "@supportcarr/client/browserStorage";
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";

import { EMPTY_DRAFT, type RequestDraft } from "./requestSteps.ts";

interface RequestState {
  draft: RequestDraft;
  /** The card that the rider chose; `null`: the default one. */
  cardId: string | null;
  /** The last request of which nobody knows what became.  Its key makes a repeated request the same one; another quote or card needs another key. */
  attempt: { key: string; quoteId: string; cardId: string } | null;
  change: (change: Partial<RequestDraft>) => void;
  chooseCard: (cardId: string) => void;
  keyFor: (quoteId: string, cardId: string) => string;
  /** What became of the last request is known. */
  settle: () => void;
  clear: () => void;
}

/** The request that is being made; it survives a reload of the page. */
export const useRequest = create<RequestState>()(
  persist(
    (set, get) => ({
      draft: EMPTY_DRAFT,
      cardId: null,
      attempt: null,
      change: (change) => set(({ draft }) => ({ draft: { ...draft, ...change } })),
      chooseCard: (cardId) => set({ cardId }),
      keyFor: (quoteId, cardId) => {
        const { attempt } = get();
        if (attempt?.quoteId === quoteId && attempt.cardId === cardId) return attempt.key;
        const key = crypto.randomUUID();
        set({ attempt: { key, quoteId, cardId } });
        return key;
      },
      settle: () => set({ attempt: null }),
      clear: () => set({ draft: EMPTY_DRAFT, attempt: null }),
    }),
    { name: "supportcarr.rider.request", storage: createJSONStorage(() => tabStorage) },
  ),
);
