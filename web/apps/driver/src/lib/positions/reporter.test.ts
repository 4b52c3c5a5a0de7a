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
  const reporter = new PositionReporter(storage, send, () => "usr_1");
  for (let minute = 0; minute < 120; minute += 1) await reporter.report(at(minute));
  expect(await storage.all()).toHaveLength(120);

  const reloaded = new PositionReporter(storage, send, () => "usr_1");
  await reloaded.restore();
  connected = true;
  await reloaded.report(at(120));
  expect(requests.map((request) => request.length)).toEqual([100, 21]);
  expect(requests.flat().map(({ at: time }) => time)).toEqual(Array.from({ length: 121 }, (_, minute) => at(minute).at));
  expect(requests[0]?.[0]).not.toHaveProperty("id");
  expect(await storage.all()).toEqual([]);
});

/** A phone on which drivers sign in one after another; `requests` is what the platform received. */
function phone(storage = memoryStorage<BufferedPosition>()) {
  const state = { connected: false, person: "usr_1" as string | null };
  const requests: { person: string | null; times: string[] }[] = [];
  const send = (positions: readonly PositionReport[]) => {
    if (!state.connected) return Promise.reject(new AxiosError("no network"));
    requests.push({ person: state.person, times: positions.map(({ at: time }) => time) });
    return Promise.resolve({ accepted: positions.length, refused: [] });
  };
  return { storage, state, requests, reporter: new PositionReporter(storage, send, () => state.person) };
}

test("where one driver was is never told in the name of another", async () => {
  const { storage, state, requests, reporter } = phone();
  await reporter.report(at(0));
  state.person = "usr_2"; // on the same phone, after the session of the first had ended
  await reporter.restore();
  state.connected = true;
  await reporter.report(at(1));
  expect(requests).toEqual([{ person: "usr_2", times: [at(1).at] }]);

  state.person = "usr_1";
  await reporter.restore();
  await reporter.flush();
  expect(requests.slice(1)).toEqual([{ person: "usr_1", times: [at(0).at] }]);
  expect(await storage.all()).toEqual([]);
});

test("a sign-out deletes the positions that wait", async () => {
  const { storage, state, requests, reporter } = phone();
  await reporter.report(at(0));
  await reporter.clear();
  state.connected = true;
  await reporter.restore();
  await reporter.flush();
  expect(requests).toEqual([]);
  expect(await storage.all()).toEqual([]);
});

test("positions that are read again after another sign-in are sent once", async () => {
  const { state, requests, reporter } = phone();
  await reporter.report(at(0));
  await reporter.restore();
  await reporter.restore();
  state.connected = true;
  await reporter.flush();
  expect(requests).toEqual([{ person: "usr_1", times: [at(0).at] }]);
});

test("a browser that keeps nothing, or has lost its database, sends what it can", async () => {
  const failure = () => Promise.reject(new DOMException("Connection to Indexed Database server lost", "UnknownError"));
  const { state, requests, reporter } = phone({ all: failure, put: failure, remove: failure });
  await reporter.restore();
  await reporter.report(at(0));
  state.connected = true;
  await reporter.report(at(1));
  await reporter.flush(); // the steps of the job wait for it
  await reporter.clear();
  expect(requests.flatMap(({ times }) => times)).toEqual([at(0).at, at(1).at]);
});
