import { create } from "zustand";

/** `unsupported`: this browser cannot keep the screen on; `refused`: it does not now (battery saver). */
export const useWakeLock = create<{ state: "off" | "on" | "unsupported" | "refused" }>(() => ({ state: "off" }));

/** Keeps the screen on, also after the page was hidden for a while.  Returns the function that ends it. */
export function keepScreenOn(): () => void {
  if (!("wakeLock" in navigator)) {
    useWakeLock.setState({ state: "unsupported" });
    return () => undefined;
  }
  let lock: WakeLockSentinel | null = null;
  let ended = false;
  const ask = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (ended) await lock.release();
      else useWakeLock.setState({ state: "on" });
    } catch {
      if (!ended) useWakeLock.setState({ state: "refused" });
    }
  };
  const onVisible = () => void ask();
  document.addEventListener("visibilitychange", onVisible);
  void ask();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", onVisible);
    void lock?.release().catch(() => undefined);
    useWakeLock.setState({ state: "off" });
  };
}
