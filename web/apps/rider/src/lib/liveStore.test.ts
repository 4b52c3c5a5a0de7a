import { beforeEach, expect, test } from "vitest";

import { useLive } from "./liveStore.ts";

const position = (at: string, lat: number) => ({ driver_id: "drv_1", lat, lng: -73.5, at });

beforeEach(() => useLive.getState().reset());

test("the latest position wins, in whatever order they come", () => {
  useLive.getState().applyPositions([position("2026-05-01T10:00:05Z", 45.2)]);
  useLive.getState().applyPositions([position("2026-05-01T10:00:01Z", 45.1)]);
  expect(useLive.getState().positions.get("drv_1")?.lat).toBe(45.2);
});

test("messages count until the chat is opened, and not while it is open", () => {
  useLive.getState().countMessage("rsc_1");
  useLive.getState().countMessage("rsc_1");
  expect(useLive.getState().unread.get("rsc_1")).toBe(2);
  useLive.getState().openChat("rsc_1");
  useLive.getState().countMessage("rsc_1");
  expect(useLive.getState().unread.get("rsc_1")).toBeUndefined();
});
