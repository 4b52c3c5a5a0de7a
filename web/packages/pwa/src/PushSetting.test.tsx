// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { usePushStore } from "./push.ts";
import { PushSetting } from "./PushSetting.tsx";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  usePushStore.setState({ state: "unknown", options: null });
});

test("what they are for is said before the browser asks", () => {
  usePushStore.setState({ state: "off" });
  render(<PushSetting app="driver" />);
  screen.getByRole("heading", { name: "Notifications on this phone" });
  screen.getByText(/also when the screen is off\. Your browser asks you next\./);
  screen.getByRole("button", { name: "Turn on notifications" });
});

test("a failure is said, and the button stays", async () => {
  vi.stubGlobal("Notification", { requestPermission: () => Promise.resolve("granted") });
  vi.stubGlobal("navigator", { serviceWorker: { getRegistration: () => Promise.reject(new Error("no worker")) } });
  const options = { app: "rider", scope: "/", http: {}, publicKey: () => Promise.resolve("BA"), personId: () => "usr_1" } as never;
  usePushStore.setState({ state: "off", options });
  render(<PushSetting app="rider" />);
  fireEvent.click(screen.getByRole("button", { name: "Turn on notifications" }));
  await screen.findByText("That did not work. Try again when you have a connection.");
  screen.getByRole("button", { name: "Turn on notifications" });
});

test.each([
  ["denied", /You have blocked notifications/],
  ["install", /Add the app to your home screen/],
  ["unsupported", /cannot show notifications while the app is closed/],
] as const)("%s: what can be done is said, and there is no button", (state, words) => {
  usePushStore.setState({ state });
  render(<PushSetting app="rider" />);
  screen.getByText(words);
  expect(screen.queryByRole("button")).toBeNull();
});

test("it can be turned off", () => {
  usePushStore.setState({ state: "on" });
  render(<PushSetting app="rider" />);
  screen.getByText("They are on.");
  screen.getByRole("button", { name: "Turn off notifications" });
});
