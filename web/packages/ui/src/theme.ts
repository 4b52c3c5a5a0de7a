import { sharedStorage } from "@supportcarr/client/browserStorage";
import { create } from "zustand";

export type ThemeSetting = "system" | "light" | "dark";

const KEY = "supportcarr.theme";

const stored = (): ThemeSetting => {
  const value = sharedStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
};

interface ThemeState {
  /** What the person chose; `system` follows the device. */
  setting: ThemeSetting;
  /** What is shown. */
  theme: "light" | "dark";
}

export const useThemeSetting = create<ThemeState>(() => ({ setting: stored(), theme: "light" }));

export function setTheme(setting: ThemeSetting): void {
  if (setting === "system") sharedStorage.removeItem(KEY);
  else sharedStorage.setItem(KEY, setting);
  useThemeSetting.setState({ setting });
}

/** Sets the theme on the page now, before the first paint, and whenever the choice or the device's changes. */
export function applyTheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const { setting } = useThemeSetting.getState();
    const theme = setting === "system" ? (dark.matches ? "dark" : "light") : setting;
    if (document.documentElement.dataset.theme === theme && useThemeSetting.getState().theme === theme) return;
    document.documentElement.dataset.theme = theme;
    useThemeSetting.setState({ theme });
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", theme === "dark" ? "#06171a" : "#f3f4f0");
  };
  apply();
  useThemeSetting.subscribe(apply);
  dark.addEventListener("change", apply);
}
