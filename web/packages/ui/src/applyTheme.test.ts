// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";

import { applyTheme, setTheme, useThemeSetting } from "./theme.ts";

let deviceChanged: () => void = () => undefined;
const device = { matches: false, addEventListener: (_: string, listener: () => void) => (deviceChanged = listener) };

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("matchMedia", () => device);
  device.matches = false;
});

const shown = () => document.documentElement.dataset.theme;

test("the theme follows the device until the person chooses one, and again afterwards", () => {
  setTheme("system");
  applyTheme();
  expect(shown()).toBe("light");
  device.matches = true;
  deviceChanged();
  expect([shown(), useThemeSetting.getState().theme]).toEqual(["dark", "dark"]);
  setTheme("light");
  expect([shown(), localStorage.getItem("supportcarr.theme")]).toEqual(["light", "light"]);
  deviceChanged();
  expect(shown()).toBe("light");
  setTheme("system");
  expect([shown(), localStorage.getItem("supportcarr.theme")]).toEqual(["dark", null]);
});
