import { create } from "zustand";

export type ThemeSetting = "system" | "light" | "dark";

const KEY = "supportcarr.theme";
const dark = () => matchMedia("(prefers-color-scheme: dark)");

const stored = (): ThemeSetting => {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
};

export const useTheme = create<{ setting: ThemeSetting }>(() => ({ setting: stored() }));

export function setTheme(setting: ThemeSetting): void {
  if (setting === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, setting);
  useTheme.setState({ setting });
}

/** Sets the theme on the page now, before the first paint, and whenever it or the system's changes. */
export function applyTheme(): void {
  const apply = () => {
    const { setting } = useTheme.getState();
    document.documentElement.dataset.theme = setting === "system" ? (dark().matches ? "dark" : "light") : setting;
  };
  apply();
  useTheme.subscribe(apply);
  dark().addEventListener("change", apply);
}
