// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useLayoutEffect } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { useShortcuts } from "./shortcuts.ts";

const approve = vi.fn();
const FIELD = "Reason";

function Page({ enabled = true, dialog = false }) {
  useShortcuts({ a: approve }, enabled);
  return (
    <>
      <input aria-label={FIELD} />
      <button type="button">x</button>
      {dialog ? <div role="dialog" /> : null}
    </>
  );
}

beforeEach(() => approve.mockClear());
afterEach(cleanup);

it("acts on a key wherever the focus is, but not in a field, with a modifier, or behind a dialog", () => {
  const { rerender } = render(<Page />);
  fireEvent.keyDown(screen.getByRole("button"), { key: "A" });
  expect(approve).toHaveBeenCalledTimes(1);
  fireEvent.keyDown(screen.getByLabelText(FIELD), { key: "a" });
  fireEvent.keyDown(document.body, { key: "a", ctrlKey: true });
  fireEvent.keyDown(document.body, { key: "b" });
  rerender(<Page dialog />);
  fireEvent.keyDown(document.body, { key: "a" });
  expect(approve).toHaveBeenCalledTimes(1);
});

/** Presses the key at the moment at which the page is drawn. */
function Impatient() {
  useLayoutEffect(() => void fireEvent.keyDown(document.body, { key: "a" }), []);
  return <Page />;
}

it("acts as soon as the page is drawn", () => {
  render(<Impatient />);
  expect(approve).toHaveBeenCalledOnce();
});

it("can be switched off", () => {
  render(<Page enabled={false} />);
  fireEvent.keyDown(document.body, { key: "a" });
  expect(approve).not.toHaveBeenCalled();
});
