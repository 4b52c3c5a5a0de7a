import { create } from "zustand";

import { uploadJobPhoto } from "./api/photos.ts";
import { pathOfRescue } from "./api/jobs.ts";
import type { PositionResult } from "./api/types.ts";
import { cityNow } from "./cityClock.ts";
import { Outbox } from "./outbox/outbox.ts";
import type { Step } from "./outbox/steps.ts";
import { browserStorage, memoryStorage, nextId, type Storage } from "./outbox/storage.ts";
import type { BufferedPosition } from "./positions/buffer.ts";
import { PositionReporter } from "./positions/reporter.ts";
import { http } from "./session.ts";

const LATE_CITY_MS = 60_000; // a step that waited longer than that carries the time at which it happened

const storageOf = <T extends { id: string }>(name: "steps" | "positions"): Storage<T> => (typeof indexedDB === "undefined" ? memoryStorage<T>() : browserStorage<T>(name));

export const useOutbox = create<{ steps: readonly Step[]; sent: number }>(() => ({ steps: [], sent: 0 }));

export const reporter = new PositionReporter(storageOf<BufferedPosition>("positions"), async (positions) => (await http.post<PositionResult>("/me/positions", positions)).data);

async function send(step: Step, late: boolean): Promise<void> {
  const { rescueId, kind, body, happenedAt, id, file } = step;
  const time = late || cityNow() - Date.parse(happenedAt) > LATE_CITY_MS ? happenedAt : undefined;
  if (kind === "photo") {
    if (file) await uploadJobPhoto({ rescueId, stage: body.stage === "after" ? "after" : "before", file: new File([file], "photo", { type: file.type }), key: id, happenedAt: time });
    return;
  }
  await http.post(`${pathOfRescue(rescueId)}/${kind}`, time ? { ...body, happened_at: time } : body);
}

export const outbox = new Outbox({
  storage: storageOf<Step>("steps"),
  send,
  before: () => reporter.flush(),
  onChange: (steps) => useOutbox.setState({ steps }),
  onSent: () => useOutbox.setState(({ sent }) => ({ sent: sent + 1 })),
});

/** Does a step of the job now: sent at once, or kept until there is a connection. */
export const perform = (rescueId: string, kind: Step["kind"], body: Step["body"] = {}, file?: Blob): Promise<"sent" | "queued"> =>
  outbox.perform({ id: nextId(), rescueId, kind, body, happenedAt: new Date(cityNow()).toISOString(), ...(file ? { file } : {}) });
