// @vitest-environment jsdom
import { onlineManager } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import axios from "axios";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { SharedRescue } from "../lib/api/sharedRescue.ts";
import { App } from "./App.tsx";

vi.mock("@supportcarr/map/MapView", () => ({ MapView: () => null }));

const RESCUE = { status: "en_route", pickup: null, dropoff: null, position: null, queued: false, updated_at: "2026-05-01T10:00:00Z", expires_at: "2026-05-01T12:00:00Z", scheduled_for: null };
const DRIVERS: Record<string, string> = { first: "Dana", second: "Sam" };
const withDriver = (name: string) => ({ ...RESCUE, driver: { name, vehicle: { colour: "red", make: "Ford", model: "Ranger", plate: "ABC 123" } } }) as unknown as SharedRescue;

const post = vi.spyOn(axios, "post");
const open = (token: string) => act(() => {
  location.hash = token;
  dispatchEvent(new HashChangeEvent("hashchange"));
});

beforeEach(() => {
  post.mockImplementation((_, body) => Promise.resolve({ data: withDriver(DRIVERS[(body as { token: string }).token] ?? "") }));
});
afterEach(() => {
  cleanup();
  onlineManager.setOnline(true);
  location.hash = "";
});

test("another link shows nothing of the rescue before", async () => {
  open("first");
  render(<App />);
  await screen.findByText(/Dana ·/);
  post.mockReturnValue(new Promise(() => undefined));
  open("second");
  expect(screen.queryByText(/Dana ·/)).toBeNull();
});

test("what is shown is said to be old while there is no connection", async () => {
  open("first");
  render(<App />);
  await screen.findByText(/Dana ·/);
  onlineManager.setOnline(false);
  post.mockRejectedValue(new axios.AxiosError("Network Error"));
  await screen.findByText(/^No connection/);
});
