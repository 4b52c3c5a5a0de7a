// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { showToast, useToasts } from "./toasts.ts";
import { Toasts } from "./Toasts.tsx";

beforeEach(() => {
  HTMLElement.prototype.hasPointerCapture = () => false; // jsdom has none
});
afterEach(() => {
  cleanup();
  useToasts.setState({ toasts: [] });
  vi.useRealTimers();
});

const messages = () => useToasts.getState().toasts.map(({ message }) => message);

test("a message goes away by itself, and at once when it is dismissed", () => {
  vi.useFakeTimers();
  render(<Toasts />);
  act(() => {
    showToast({ tone: "success", message: "Saved" });
    showToast({ tone: "danger", message: "Not sent" });
  });
  fireEvent.click(screen.getAllByRole("button", { name: "Dismiss" })[0] ?? expect.fail());
  expect(messages()).toEqual(["Not sent"]);
  act(() => void vi.advanceTimersByTime(10_000));
  expect(messages()).toEqual([]);
});

test("no more than three are shown", () => {
  for (const message of ["1", "2", "3", "4"]) showToast({ tone: "info", message });
  expect(messages()).toEqual(["2", "3", "4"]);
});

test("a message is read to screen readers, at once if something failed", () => {
  vi.useFakeTimers(); // what is read is there for a second only
  render(<Toasts />);
  act(() => {
    showToast({ tone: "success", message: "Saved" });
    showToast({ tone: "danger", message: "Not sent" });
  });
  const levelOf = (message: string) => screen.getAllByRole("status").find((element) => element.textContent.includes(message))?.getAttribute("aria-live");
  act(() => void vi.advanceTimersByTime(500));
  expect(["Saved", "Not sent"].map(levelOf)).toEqual(["polite", "assertive"]);
});
