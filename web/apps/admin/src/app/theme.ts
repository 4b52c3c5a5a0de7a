import { useEffect } from "react";
import { create } from "zustand";

type Theme = "light" | "dark";

const KEY = "supportcarr.theme";
const preferred = (): Theme => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

export const useThemeStore = create<{ theme: Theme; toggle: () => void }>((set) => ({
  theme: (localStorage.getItem(KEY) as Theme | null) ?? preferred(),
  toggle: () =>
    set(({ theme }) => {
      const next = theme === "dark" ? "light" : "dark";
      localStorage.setItem(KEY, next);
      return { theme: next };
    }),
}));

/** Puts the chosen theme on the page. */
export function useTheme(): void {
  const theme = useThemeStore((store) => store.theme);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
}
