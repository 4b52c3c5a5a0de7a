import { create } from "zustand";

export type Units = "metric" | "imperial";

/** The units of distances that the account prefers; `null`: those of the page's region. */
export const useUnits = create<{ units: Units | null }>(() => ({ units: null }));

/** The account's preference is known, or nobody is signed in. */
export const followUnits = (preference: Units | null | undefined): void => useUnits.setState({ units: preference ?? null });
