// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { RecoveryCodes } from "./account/RecoveryCodes.tsx";
import { CopyField } from "./CopyField.tsx";

const LABEL = "Copy link";
const SHOWN = "https://city.example/track";
const ADVICE = /It is selected/u;

const clipboard = (writeText: (() => Promise<void>) | null) => Object.defineProperty(navigator, "clipboard", { configurable: true, value: writeText && { writeText } });

function field() {
  render(
    <CopyField value="https://city.example/track#t" copyLabel={LABEL}>
      {SHOWN}
    </CopyField>,
  );
  fireEvent.click(screen.getByRole("button"));
}

afterEach(() => {
  cleanup();
  document.getSelection()?.removeAllRanges();
  Reflect.deleteProperty(navigator, "clipboard");
  Reflect.deleteProperty(document, "execCommand");
});

test("a copied text is said to be", async () => {
  const write = vi.fn(() => Promise.resolve());
  clipboard(write);
  field();
  await screen.findByText("Copied");
  expect(write).toHaveBeenCalledWith("https://city.example/track#t");
  expect(screen.queryByText(ADVICE)).toBeNull();
});

test.each([
  ["has no clipboard", null],
  ["refuses it", () => Promise.reject(new DOMException("denied", "NotAllowedError"))],
])("a page that %s copies in the older way", async (_, writeText) => {
  clipboard(writeText);
  const copied: string[] = [];
  Object.assign(document, {
    execCommand: () => {
      const event = Object.assign(new Event("copy"), { clipboardData: { setData: (_type: string, value: string) => copied.push(value) } });
      return document.dispatchEvent(event);
    },
  });
  field();
  await screen.findByText("Copied");
  expect(copied).toEqual(["https://city.example/track#t"]);
});

test("where no page may copy, the text is selected, and the person is told so", async () => {
  clipboard(null);
  field();
  await screen.findByText(ADVICE);
  expect(document.getSelection()?.toString()).toBe(SHOWN);
  expect(screen.queryByText("Copied")).toBeNull();
});

test("so are recovery codes", async () => {
  clipboard(null);
  render(<RecoveryCodes codes={["aaaa-1", "bbbb-2"]} onDone={vi.fn()} />);
  fireEvent.click(screen.getByRole("button", { name: "Copy" }));
  await screen.findByText(ADVICE);
  expect(document.getSelection()?.toString()).toBe("aaaa-1bbbb-2");
});
