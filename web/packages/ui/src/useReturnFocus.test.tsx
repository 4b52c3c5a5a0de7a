// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, expect, test, vi } from "vitest";

import { AlertDialog } from "./AlertDialog.tsx";
import { FullDialog } from "./FullDialog.tsx";
import { Modal } from "./Modal.tsx";
import { Sheet } from "./Sheet.tsx";

const OPEN = "open";
const KINDS: Record<string, (close: () => void) => ReactNode> = {
  modal: (close) => <Modal title="" onClose={close} closeLabel="close" children={null} />,
  "full dialog": (close) => <FullDialog title="" onClose={close} children={null} />,
  "alert dialog": (close) => <AlertDialog title="" confirm="confirm" cancel="cancel" onConfirm={close} onCancel={close} />,
  sheet: (close) => <Sheet title="" closeLabel="close" onClose={close} children={null} />,
};

/** A page with a button that opens a dialog, and may be gone once that is closed. */
function Page({ dialog, stays }: { dialog: (close: () => void) => ReactNode; stays: boolean }) {
  const [state, setState] = useState<"before" | "open" | "after">("before");
  return (
    <>
      <h1 tabIndex={-1}>{OPEN}</h1>
      {stays || state !== "after" ? <button onClick={() => setState("open")}>{OPEN}</button> : null}
      {state === "open" ? dialog(() => setState("after")) : null}
    </>
  );
}

function openAndClose(kind: string, stays: boolean) {
  render(<Page dialog={KINDS[kind] ?? (() => null)} stays={stays} />);
  const opener = screen.getByRole("button");
  opener.focus();
  fireEvent.click(opener);
  expect(document.activeElement).not.toBe(opener);
  fireEvent.keyDown(document.activeElement ?? document.body, { key: "Escape" });
  return opener;
}

const focused = (element: HTMLElement) => vi.waitFor(() => expect(document.activeElement).toBe(element));

afterEach(cleanup);

test.each(Object.keys(KINDS))("a closed %s gives the focus back to what opened it", async (kind) => {
  await focused(openAndClose(kind, true));
});

test("where that is gone, the title of the page has it", async () => {
  openAndClose("modal", false);
  await focused(screen.getByRole("heading"));
});
