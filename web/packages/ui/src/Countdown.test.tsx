// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Countdown } from "./Countdown.tsx";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test("it runs out, and is said at the start, at 10 and at 5 seconds only", () => {
  render(<Countdown endsAt={Date.now() + 15_000} total={15} label={(seconds) => `${seconds} seconds to answer`} />);
  const said = new Set<string>();
  for (let quarter = 0; quarter < 64; quarter++) {
    said.add(screen.getByText(/seconds to answer/).textContent);
    act(() => void vi.advanceTimersByTime(250));
  }
  expect([...said]).toEqual(["15 seconds to answer", "10 seconds to answer", "5 seconds to answer"]);
  expect(screen.getByText("0")).toBeTruthy();
});
