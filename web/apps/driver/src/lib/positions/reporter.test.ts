import { AxiosError } from "axios";
import { expect, test } from "vitest";

import type { PositionReport } from "../api/types.ts";
import { memoryStorage } from "./storage.ts";
import type { BufferedPosition } from "./buffer.ts";
import { PositionReporter } from "./reporter.ts";

const at = (minute: number): PositionReport => ({ lat: 45.5 + minute / 1_000, lng: -73.6, at: new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString() });

test("positions of a time without a connection are sent later, oldest first, at most a hundred at once", async () => {
  const storage = memoryStorage<BufferedPosition>();
  let connected = false;
  const requests: PositionReport[][] = [];
  const send = (positions: readonly PositionReport[]) => {
    if (!connected) return Promise.reject(new AxiosError("no network"));
    requests.push([...positions]);
    return Promise.resolve({ accepted: positions.length, refused: [] });
  };
  const reporter = new PositionReporter(storage, send);
  for (let minute = 0; minute < 120; minute += 1) await reporter.report(at(minute));
  expect(await storage.all()).toHaveLength(120);

  const reloaded = new PositionReporter(storage, send);
  await reloaded.restore();
  connected = true;
  await reloaded.report(at(120));
  expect(requests.map((request) => request.length)).toEqual([100, 21]);
  expect(requests.flat().map(({ at: time }) => time)).toEqual(Array.from({ length: 121 }, (_, minute) => at(minute).at));
  expect(requests[0]?.[0]).not.toHaveProperty("id");
  expect(await storage.all()).toEqual([]);
});
