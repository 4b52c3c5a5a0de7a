import { useSyncExternalStore } from "react";

const subscribe = (onChange: () => void) => {
  addEventListener("hashchange", onChange);
  return () => {
    removeEventListener("hashchange", onChange);
  };
};

/** What follows `#` in the address; it stays there, so that a reload works, and is sent in bodies only. */
export const readToken = (hash: string): string => hash.replace(/^#/, "").trim();

export const useToken = (): string => useSyncExternalStore(subscribe, () => readToken(location.hash));
