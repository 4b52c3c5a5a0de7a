import { uploadPhoto } from "@supportcarr/phone-app/api/photos";
import { showShare } from "@supportcarr/phone-app/uploadShares";
import type { Action } from "@supportcarr/pwa/actions";
import { createQueue, postAction } from "@supportcarr/pwa/queue";

import { pathOfRescue } from "./api/jobs.ts";
import { cityNow } from "./cityClock.ts";
import { reporter } from "./positions/positionReporter.ts";
import { http, phoneApp } from "./session.ts";
import type { StepKind } from "./steps.ts";

const LATE_CITY_MS = 60_000; // an action that is older carries the time at which it happened

/** With its time if it is sent later than it happened: then it is judged by where the driver was at that time. */
const timeOf = ({ waited, happenedAt }: Action): { happened_at?: string } => (waited || cityNow() - Date.parse(happenedAt) > LATE_CITY_MS ? { happened_at: happenedAt } : {});

async function send(action: Action): Promise<unknown> {
  const { kind, subject, body, key, file } = action;
  if (kind === "message" || kind === "rating") return postAction(http, action);
  if (kind === "photo") {
    if (!file) return null;
    const { stage } = body as PhotoBody;
    const onProgress = (share: number) => showShare(action.id, share);
    onProgress(0);
    return uploadPhoto(http, { rescueId: subject, stage, file: new File([file], "photo", { type: file.type }), key: key ?? action.id, happenedAt: timeOf(action).happened_at, onProgress });
  }
  await reporter.flush(); // what the platform has to know before
  return postAction(http, { ...action, body: { ...(body as object), ...timeOf(action) } });
}

interface PhotoBody {
  stage: "before" | "after";
}

export const isPhoto = ({ kind }: Pick<Action, "kind">): boolean => kind === "photo";

/** Of which stage of the job a photo in the queue is. */
export const stageOf = ({ body }: Pick<Action, "body">): PhotoBody["stage"] => (body as PhotoBody).stage;

/** What the driver did, until the platform has it.  No step waits for a photo, which a bad line may take minutes to send. */
export const queue = createQueue({ app: "driver", session: phoneApp.session, send, laneOf: (action) => (isPhoto(action) ? "uploads" : "steps") });

const happenedAt = () => new Date(cityNow()).toISOString();

/** Does a step of the job: sent at once, or kept until there is a connection. A repeated step changes nothing. */
export const performStep = (rescueId: string, kind: StepKind, body: object): Promise<"sent" | "kept"> =>
  queue.perform({ subject: rescueId, kind, url: `${pathOfRescue(rescueId)}/${kind}`, body, key: null, happenedAt: happenedAt() });

/** Keeps a photo and begins to send it; one that the platform refuses stays, with the reason, until the driver drops it.  Rejects if the phone can't keep it. */
export const takePhoto = (rescueId: string, stage: PhotoBody["stage"], file: Blob): Promise<Action> =>
  queue.enqueue({ subject: rescueId, kind: "photo", url: `${pathOfRescue(rescueId)}/photos`, body: { stage } satisfies PhotoBody, file, happenedAt: happenedAt() });

export const ratingSubject = (rescueId: string): string => `rating:${rescueId}`;

export const rateRider = (rescueId: string, stars: number): Promise<"sent" | "kept"> =>
  queue.perform({ subject: ratingSubject(rescueId), kind: "rating", url: `${pathOfRescue(rescueId)}/rating`, body: { stars }, key: null, happenedAt: happenedAt() });
