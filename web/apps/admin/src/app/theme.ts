import { create } from "zustand";

type Theme = "light" | "dark";

const KEY = "supportcarr.theme";

function first(): Theme {
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") return kept;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export const useTheme = create<{ theme: Theme; toggle: () => void }>((set) => ({
  theme: first(),
  toggle: () =>
    set(({ theme }) => {
      const next = theme === "dark" ? "light" : "dark";
      localStorage.setItem(KEY, next);
      return { theme: next };
    }),
}));

/** Puts the theme on the page, now (before anything is painted) and whenever it changes. */
export function showTheme(): void {
  const show = (theme: Theme) => {
    document.documentElement.dataset.theme = theme;
  };
  show(useTheme.getState().theme);
  useTheme.subscribe(({ theme }) => show(theme));
}
