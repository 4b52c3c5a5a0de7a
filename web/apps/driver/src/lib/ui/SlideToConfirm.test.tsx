// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { SlideToConfirm } from "./SlideToConfirm.tsx";

afterEach(cleanup);

function show() {
  const confirmed = vi.fn();
  render(<SlideToConfirm label="Slide to accept" again="Press again to accept" onConfirm={confirmed} />);
  const knob = screen.getByRole("button", { name: "Slide to accept" });
  vi.spyOn(knob.parentElement as HTMLElement, "clientWidth", "get").mockReturnValue(372);
  knob.setPointerCapture = () => undefined;
  return { knob, confirmed };
}

const slide = (knob: HTMLElement, to: number) => {
  fireEvent.pointerDown(knob, { clientX: 0 });
  fireEvent.pointerMove(knob, { clientX: to });
  fireEvent.pointerUp(knob, { clientX: to });
};

test("a tap or half the way is no consent, the whole way is", () => {
  const { knob, confirmed } = show();
  slide(knob, 0);
  fireEvent.click(knob, { detail: 1 });
  slide(knob, 150);
  expect(confirmed).not.toHaveBeenCalled();
  slide(knob, 300);
  expect(confirmed).toHaveBeenCalledOnce();
});

test("with a keyboard a second press confirms", () => {
  const { knob, confirmed } = show();
  fireEvent.keyDown(knob, { key: "Enter" });
  expect(confirmed).not.toHaveBeenCalled();
  expect(screen.getByRole("status").textContent).toBe("Press again to accept");
  fireEvent.keyDown(knob, { key: "Enter" });
  expect(confirmed).toHaveBeenCalledOnce();
});
