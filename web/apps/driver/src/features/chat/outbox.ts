import { create } from "zustand";

/** A message that the platform does not have yet. */
export interface Draft {
  key: string;
  rescueId: string;
  text: string;
  state: "sending" | "failed";
}

const useDrafts = create<{ drafts: readonly Draft[] }>(() => ({ drafts: [] }));

const update = (key: string, state: Draft["state"] | null): void =>
  useDrafts.setState(({ drafts }) => ({ drafts: state ? drafts.map((draft) => (draft.key === key ? { ...draft, state } : draft)) : drafts.filter((draft) => draft.key !== key) }));

/** Messages on their way: shown at once, kept if they could not be sent, and never sent twice. */
export function useOutbox(rescueId: string, send: (draft: Draft) => Promise<void>) {
  const drafts = useDrafts((state) => state.drafts);
  const deliver = (draft: Draft) =>
    send(draft).then(
      () => update(draft.key, null),
      () => update(draft.key, "failed"),
    );
  return {
    drafts: drafts.filter((draft) => draft.rescueId === rescueId),
    write: (text: string) => {
      const draft: Draft = { key: crypto.randomUUID(), rescueId, text, state: "sending" };
      useDrafts.setState((state) => ({ drafts: [...state.drafts, draft] }));
      void deliver(draft);
    },
    retry: (draft: Draft) => {
      update(draft.key, "sending");
      void deliver(draft);
    },
  };
}
