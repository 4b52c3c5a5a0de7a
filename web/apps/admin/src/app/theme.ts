import { create } from "zustand";

type Theme = "light" | "dark";

const STORAGE_KEY = "supportcarr.theme";

function initialTheme(): Theme {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (stored === "light" || stored === "dark") return stored;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export const useTheme = create<{ theme: Theme; toggle: () => void }>((set) => ({
  theme: initialTheme(),
  toggle: () =>
    set(({ theme }) => {
      const next = theme === "dark" ? "light" : "dark";
      localStorage.setItem(STORAGE_KEY, next);
      return { theme: next };
    }),
}));

/** Sets the theme on the page now, before the first paint, and whenever it changes. */
export function applyTheme(): void {
  const setAttribute = (theme: Theme) => {
    document.documentElement.dataset.theme = theme;
  };
  setAttribute(useTheme.getState().theme);
  useTheme.subscribe(({ theme }) => setAttribute(theme));
}
