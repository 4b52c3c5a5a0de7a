// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { SessionList, type SessionView } from "./SessionList.tsx";

const session = (id: string, device: string, used_at: string, current = false): SessionView => ({ id, device, place: "network 203.0.113.x", created_at: used_at, used_at, current });

afterEach(cleanup);

it("lists this device first, then the others, and ends each of them", async () => {
  const onEnd = vi.fn<(id: string) => Promise<unknown>>().mockResolvedValue(undefined);
  const sessions = [
    session("ses_old", "Firefox on Linux", "2026-03-01T10:00:00Z"),
    session("ses_new", "Chrome on Android", "2026-03-02T10:00:00Z"),
    session("ses_me", "Safari on iPhone", "2026-02-01T10:00:00Z", true),
  ];
  render(<SessionList sessions={sessions} formatTime={(at) => at.slice(0, 10)} onEnd={onEnd} onEndOthers={() => Promise.resolve()} />);
  expect(screen.getAllByRole("listitem").map((item) => item.querySelector("p")?.textContent)).toEqual(["Safari on iPhoneThis device", "Chrome on Android", "Firefox on Linux"]);
  fireEvent.click(screen.getByRole("button", { name: "Sign out Firefox on Linux" }));
  expect((await screen.findByRole("status")).textContent).toBe("Firefox on Linux has been signed out.");
  expect(onEnd).toHaveBeenCalledExactlyOnceWith("ses_old");
  expect(screen.queryByRole("button", { name: "Sign out Safari on iPhone" })).toBeNull();
});
