// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { BottomSheet, snapAfterDrag } from "./BottomSheet.tsx";

const LABEL = "Rescue";

afterEach(cleanup);

test.each([
  [0.5, 0, "half"],
  [0.3, 0, "peek"],
  [0.8, 0, "full"],
  [0.3, 1, "half"], // a flick upwards
  [0.6, -1, "half"],
  [0.4, -1, "peek"],
  [0.95, 1, "full"],
] as const)("released at %d of the height with %d px/ms it is %s", (share, velocity, snap) => expect(snapAfterDrag(share, velocity)).toBe(snap));

test("the arrow keys move it, and Enter opens and closes it", () => {
  const onSnap = vi.fn();
  render(
    <BottomSheet label={LABEL} snap="half" onSnap={onSnap}>
      {LABEL}
    </BottomSheet>,
  );
  const handle = screen.getByRole("button", { name: "Show more" });
  fireEvent.keyDown(handle, { key: "ArrowUp" });
  fireEvent.keyDown(handle, { key: "ArrowDown" });
  fireEvent.click(handle, { detail: 0 });
  expect(onSnap.mock.calls).toEqual([["full"], ["peek"], ["full"]]);
});

test("a finger that the system takes for itself is no press, and no drag", () => {
  HTMLElement.prototype.setPointerCapture = () => undefined; // jsdom has none
  const onSnap = vi.fn();
  render(
    <BottomSheet label={LABEL} snap="half" onSnap={onSnap}>
      {LABEL}
    </BottomSheet>,
  );
  const handle = screen.getByRole("button", { name: "Show more" });
  fireEvent.pointerDown(handle, { clientY: 300 });
  fireEvent.pointerCancel(handle, { clientY: 300 });
  fireEvent.pointerDown(handle, { clientY: 300 });
  fireEvent.pointerMove(handle, { clientY: 100 });
  fireEvent.pointerCancel(handle, { clientY: 100 });
  fireEvent.pointerUp(handle, { clientY: 100 });
  expect(onSnap).not.toHaveBeenCalled();
  expect(screen.getByRole("region", { name: LABEL }).style.height).toBe("52%");
  fireEvent.pointerDown(handle, { clientY: 300 });
  fireEvent.pointerUp(handle, { clientY: 300 });
  expect(onSnap).toHaveBeenCalledExactlyOnceWith("full");
});
