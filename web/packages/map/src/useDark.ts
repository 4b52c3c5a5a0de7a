import { useSyncExternalStore } from "react";

const QUERY = "(prefers-color-scheme: dark)";

/** The page's theme if it sets one, else the system's. */
function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  if (theme === "dark" || theme === "light") return theme === "dark";
  return typeof matchMedia === "function" && matchMedia(QUERY).matches;
}

function subscribe(onChange: () => void): () => void {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const media = typeof matchMedia === "function" ? matchMedia(QUERY) : null;
  media?.addEventListener("change", onChange);
  return () => {
    observer.disconnect();
    media?.removeEventListener("change", onChange);
  };
}

export const useDark = (): boolean => useSyncExternalStore(subscribe, isDark);
