import type { Action } from "@supportcarr/pwa/actions";
import { expect, test } from "vitest";

import { adoptFormerSteps, type FormerStep } from "./formerOutbox.ts";
import { memoryStorage } from "./positions/storage.ts";

test("steps that an older version has left are taken over in order, once, with their time", async () => {
  const former = memoryStorage<FormerStep>();
  const step = { rescueId: "res_1", happenedAt: "2026-01-01T10:00:00Z", body: {} };
  await former.put({ ...step, id: "000000000000001-000000-a", kind: "arrival" });
  await former.put({ ...step, id: "000000000000002-000000-b", kind: "photo", body: { stage: "before" }, file: new Blob(["x"]) });
  await former.put({ ...step, id: "000000000000003-000000-c", kind: "start", refused: { code: "pin_wrong", detail: "No." } });
  const adopted: Omit<Action, "owner">[] = [];
  const queue = { adopt: (action: Omit<Action, "owner">) => Promise.resolve(void adopted.push(action)) };
  await adoptFormerSteps(queue, former);
  await adoptFormerSteps(queue, former);
  expect(adopted).toMatchObject([
    { kind: "arrival", url: "/rescues/res_1/arrival", key: null, state: "queued", waited: true, happenedAt: step.happenedAt },
    { kind: "photo", url: "/rescues/res_1/photos", key: "000000000000002-000000-b", body: { stage: "before" } },
    { kind: "start", state: "failed", refusal: { code: "pin_wrong" } },
  ]);
  expect(adopted[1]?.file).toBeInstanceOf(Blob);
});
