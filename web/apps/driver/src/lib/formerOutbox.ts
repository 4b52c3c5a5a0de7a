import { hasDatabases } from "@supportcarr/client/browserStorage";
import type { ActionQueue } from "@supportcarr/pwa/queue";

import { pathOfRescue } from "./api/jobs.ts";
import { browserStorage, type Storage } from "./positions/storage.ts";

/** What an older version of the app kept of a step that was not sent. */
export interface FormerStep {
  id: string;
  rescueId: string;
  kind: string;
  happenedAt: string;
  body: Record<string, unknown>;
  file?: Blob;
  refused?: { code: string; detail: string };
}

const formerSteps = (): Storage<FormerStep> | null => (hasDatabases() ? browserStorage<FormerStep>("steps") : null);

/** Moves steps that an older version of the app has left into the queue; each is there before it is removed here. */
export async function adoptFormerSteps(queue: Pick<ActionQueue, "adopt">, steps = formerSteps()): Promise<void> {
  if (!steps) return;
  for (const { id, rescueId, kind, happenedAt, body, file, refused } of await steps.all()) {
    await queue.adopt({
      id,
      subject: rescueId,
      kind,
      url: `${pathOfRescue(rescueId)}/${kind === "photo" ? "photos" : kind}`,
      body,
      ...(file ? { file } : {}),
      key: kind === "photo" ? id : null, // as the older version sent it
      happenedAt,
      waited: true,
      attempts: 1,
      ...(refused ? { state: "failed", refusal: { status: 409, ...refused } } : { state: "queued" }),
    });
    await steps.remove(id);
  }
}
