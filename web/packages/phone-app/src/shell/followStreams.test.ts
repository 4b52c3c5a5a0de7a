// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";

import { followStreams } from "./followStreams.ts";

const fetchConfig = vi.hoisted(() => vi.fn<() => Promise<{ realtime_url: string }>>());
const clients = vi.hoisted(() => [] as { url: string; calls: string[] }[]);

vi.mock("@supportcarr/client/config", () => ({ fetchConfig }));
vi.mock("@supportcarr/client/realtime", () => ({
  RealtimeClient: class {
    readonly calls: string[] = [];
    constructor({ url }: { url: string }) {
      clients.push({ url, calls: this.calls });
    }
    start = () => this.calls.push("start");
    pause = () => this.calls.push("pause");
    resume = () => this.calls.push("resume");
    stop = () => this.calls.push("stop");
  },
}));

afterEach(() => {
  vi.useRealTimers();
  clients.length = 0;
});

function follow() {
  const statuses: string[] = [];
  const nothing = () => undefined;
  const end = followStreams({
    queryClient: new QueryClient(),
    getToken: () => Promise.resolve(null),
    onEvent: nothing,
    onPositions: nothing,
    onReload: nothing,
    onStatus: (status) => statuses.push(status),
  });
  return { end, statuses };
}

test.each([
  ["when the network is back", () => dispatchEvent(new Event("online"))],
  ["after a while", () => vi.advanceTimersByTimeAsync(5_000)],
])("a page that was opened without a network connects %s", async (_, comeBack) => {
  vi.useFakeTimers();
  fetchConfig.mockRejectedValueOnce(new Error("no network")).mockResolvedValue({ realtime_url: "https://live.example" });
  const { end, statuses } = follow();
  await vi.waitFor(() => expect(statuses).toEqual(["offline"]));
  expect(clients).toEqual([]);
  await comeBack();
  await vi.waitFor(() => expect(clients).toEqual([{ url: "https://live.example", calls: ["start"] }]));
  await vi.advanceTimersByTimeAsync(10_000); // it does not start twice
  end();
  expect(clients.map(({ calls }) => calls)).toEqual([["start", "stop"]]);
});

test("the connection pauses without a network and goes on with it, until the end", async () => {
  fetchConfig.mockResolvedValue({ realtime_url: "https://live.example" });
  const { end } = follow();
  await vi.waitFor(() => expect(clients).toHaveLength(1));
  dispatchEvent(new Event("offline"));
  dispatchEvent(new Event("online"));
  end();
  dispatchEvent(new Event("online"));
  expect(clients[0]?.calls).toEqual(["start", "pause", "resume", "stop"]);
});
