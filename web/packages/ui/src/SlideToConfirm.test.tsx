// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { SlideToConfirm } from "./SlideToConfirm.tsx";

const LABEL = "Accept";

beforeEach(() => {
  vi.useFakeTimers();
  HTMLElement.prototype.setPointerCapture = () => undefined; // jsdom has none
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function show() {
  const onConfirm = vi.fn();
  render(<SlideToConfirm label={LABEL} onConfirm={onConfirm} />);
  const button = screen.getByRole("button", { name: LABEL });
  Object.defineProperty(button, "clientWidth", { value: 356 });
  return { onConfirm, button };
}

test("a short press confirms nothing", () => {
  const { onConfirm, button } = show();
  fireEvent.pointerDown(button, { clientX: 20 });
  vi.advanceTimersByTime(300);
  fireEvent.pointerUp(button);
  fireEvent.click(button, { detail: 1 });
  vi.advanceTimersByTime(5_000);
  expect(onConfirm).not.toHaveBeenCalled();
});

test("a drag to the end confirms, one that stops before it does not", () => {
  const { onConfirm, button } = show();
  fireEvent.pointerDown(button, { clientX: 20 });
  fireEvent.pointerMove(button, { clientX: 200 });
  fireEvent.pointerUp(button);
  expect(onConfirm).not.toHaveBeenCalled();
  fireEvent.pointerDown(button, { clientX: 20 });
  fireEvent.pointerMove(button, { clientX: 330 });
  fireEvent.pointerUp(button);
  fireEvent.click(button, { detail: 1 });
  expect(onConfirm).toHaveBeenCalledTimes(1);
});

test("a drag confirms also if its last part was not drawn before the finger was lifted", () => {
  const { onConfirm, button } = show();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false); // so that nothing is drawn in between
  for (const [type, clientX] of [["pointerdown", 20], ["pointermove", 330], ["pointerup", 330]] as const) {
    button.dispatchEvent(new MouseEvent(type, { clientX, bubbles: true }));
  }
  vi.unstubAllGlobals();
  expect(onConfirm).toHaveBeenCalledTimes(1);
});

test.each(["Enter", " "])("holding the key %j confirms once, a tap of it does not", (key) => {
  const { onConfirm, button } = show();
  fireEvent.keyDown(button, { key });
  fireEvent.keyUp(button, { key });
  vi.advanceTimersByTime(5_000);
  expect(onConfirm).not.toHaveBeenCalled();
  fireEvent.keyDown(button, { key });
  for (let i = 0; i < 10; i++) fireEvent.keyDown(button, { key, repeat: true });
  vi.advanceTimersByTime(1_000);
  fireEvent.keyUp(button, { key });
  expect(onConfirm).toHaveBeenCalledTimes(1);
});

test("the click of a screen reader confirms", () => {
  const { onConfirm, button } = show();
  fireEvent.click(button, { detail: 0 });
  expect(onConfirm).toHaveBeenCalledTimes(1);
});
