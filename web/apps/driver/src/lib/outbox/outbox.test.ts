import { AxiosError, type AxiosResponse } from "axios";
import { expect, test } from "vitest";

import { Outbox, RefusedStep } from "./outbox.ts";
import type { Step } from "./steps.ts";
import { memoryStorage, nextId } from "./storage.ts";

const offline = new AxiosError("no network");
const refusal = (status: number, code: string) =>
  new AxiosError("refused", "ERR", undefined, undefined, { status, data: { code, detail: `says ${code}`, title: "", status } } as AxiosResponse);

const step = (kind: Step["kind"], rescueId = "res_1"): Step => ({ id: nextId(), rescueId, kind, happenedAt: "2026-01-01T10:00:00Z", body: {} });

function phone(storage = memoryStorage<Step>()) {
  const sent: string[] = [];
  const network: { error: Error | null } = { error: null };
  let steps: readonly Step[] = [];
  const outbox = new Outbox({
    storage,
    before: () => (network.error === offline ? Promise.reject(offline) : Promise.resolve(void sent.push("positions"))),
    send: ({ kind }, late) => (network.error ? Promise.reject(network.error) : Promise.resolve(void sent.push(late ? `${kind} late` : kind))),
    onChange: (changed) => (steps = changed),
    onSent: () => undefined,
  });
  return { outbox, sent, network, storage, steps: () => steps };
}

test("with a connection a step is sent at once, after the positions", async () => {
  const { outbox, sent, steps } = phone();
  expect(await outbox.perform(step("departure"))).toBe("sent");
  expect(sent).toEqual(["positions", "departure"]);
  expect(steps()).toEqual([]);
});

test("without one it is kept, survives a reload, and is sent in order with its time", async () => {
  const { outbox, network, storage } = phone();
  network.error = offline;
  expect(await outbox.perform(step("departure"))).toBe("queued");
  expect(await outbox.perform(step("arrival"))).toBe("queued");

  const later = phone(storage);
  await later.outbox.restore();
  await later.outbox.flush();
  expect(later.sent).toEqual(["positions", "departure late", "positions", "arrival late"]);
  expect(await storage.all()).toEqual([]);
});

test("a refusal at once is an error, and nothing is kept", async () => {
  const { outbox, network, steps } = phone();
  network.error = refusal(422, "pin_wrong");
  await expect(outbox.perform(step("start"))).rejects.toEqual(new RefusedStep("pin_wrong", "says pin_wrong"));
  expect(steps()).toEqual([]);
});

test("a late refusal holds up the steps behind it until the driver decides, but not those of other jobs", async () => {
  const { outbox, network, sent, steps } = phone();
  network.error = offline;
  await outbox.perform(step("arrival"));
  await outbox.perform(step("start"));
  network.error = refusal(409, "illegal_transition");
  await outbox.flush();
  expect(steps().map(({ refused }) => refused?.code)).toEqual(["illegal_transition", undefined]);
  network.error = null;
  await outbox.perform(step("departure", "res_2"));
  expect(sent).toEqual(["positions", "positions", "departure"]);
  await outbox.dropJob("res_1");
  expect(steps()).toEqual([]);
});

test("a refused step can be tried again", async () => {
  const { outbox, network, steps } = phone();
  network.error = offline;
  await outbox.perform(step("no-show"));
  network.error = refusal(409, "too_early");
  await outbox.flush();
  network.error = null;
  await outbox.retry(steps()[0]?.id ?? "");
  expect(steps()).toEqual([]);
});
