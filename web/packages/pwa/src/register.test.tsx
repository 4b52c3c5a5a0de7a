// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { offer } from "./register.ts";
import { TAKE_OVER } from "./takeOver.ts";
import { UpdateNotice } from "./UpdateNotice.tsx";

const worker = (postMessage = vi.fn()) => ({ postMessage }) as unknown as ServiceWorker;

beforeEach(() => {
  Object.defineProperty(navigator, "serviceWorker", { configurable: true, value: { controller: worker(), addEventListener: vi.fn() } });
});
afterEach(() => {
  cleanup();
  Reflect.deleteProperty(navigator, "serviceWorker");
});

test("a version is offered if there is one before it; another app's worker that controls the page is none", () => {
  render(<UpdateNotice />);
  act(() => offer({ waiting: worker(), active: null }));
  expect(screen.queryByRole("status")).toBeNull();

  const told = vi.fn();
  act(() => offer({ waiting: worker(told), active: worker() }));
  screen.getByRole("button", { name: "Update" }).click();
  expect(told).toHaveBeenCalledWith(TAKE_OVER);
});
