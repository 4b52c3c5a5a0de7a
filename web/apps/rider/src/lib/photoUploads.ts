import { uploadPhoto } from "@supportcarr/phone-app/api/photos";
import { MAX_PHOTOS } from "@supportcarr/phone-app/pictures";
import { showShare } from "@supportcarr/phone-app/uploadShares";
import type { Action } from "@supportcarr/pwa/actions";
import { createQueue } from "@supportcarr/pwa/queue";
import { create } from "zustand";

import type { PhotoStage } from "./api/types.ts";
import { http, phoneApp } from "./session.ts";

interface PhotoUploads {
  /** Chosen before the rescue exists; they are sent once it does. */
  picked: readonly File[];
}

export const usePhotoUploads = create<PhotoUploads>(() => ({ picked: [] }));

export const pickPhotos = (files: readonly File[]): void => usePhotoUploads.setState(({ picked }) => ({ picked: [...picked, ...files].slice(0, MAX_PHOTOS) }));

export const dropPicked = (file: File): void => usePhotoUploads.setState(({ picked }) => ({ picked: picked.filter((other) => other !== file) }));

interface PhotoBody {
  rescueId: string;
  stage: PhotoStage;
  /** Of the file: that of HEIC says its type. */
  name: string;
}

/** What a photo in the queue is of. */
export const photoOf = ({ body }: Pick<Action, "body">): PhotoBody => body as PhotoBody;

async function send(action: Action): Promise<unknown> {
  const { id, key, file } = action;
  if (!file) return null;
  const { rescueId, stage, name } = photoOf(action);
  showShare(id, 0);
  return uploadPhoto(http, { rescueId, stage, file: new File([file], name, { type: file.type }), key: key ?? id, onProgress: (share) => showShare(id, share) });
}

/**
 * The rider's photos, until the platform has them: kept on the phone, so that they are also sent after a reload or when
 * the connection is back.  A queue of their own, because a cancellation must not wait for a large photo.
 */
export const photoQueue = createQueue({ app: "rider-photos", session: phoneApp.session, send });

/** Keeps photos of a rescue and sends them, one after another.  Rejects if the phone cannot keep them. */
export async function sendPhotos(rescueId: string, stage: PhotoStage, files: readonly File[]): Promise<void> {
  for (const file of files) {
    const url = `/rescues/${encodeURIComponent(rescueId)}/photos`;
    // Each is a subject of its own: one that is refused does not stop the others.
    await photoQueue.enqueue({ subject: `photo:${crypto.randomUUID()}`, kind: "photo", url, body: { rescueId, stage, name: file.name } satisfies PhotoBody, file, happenedAt: new Date().toISOString() });
  }
}

/** Sends what was chosen before the rescue existed. */
export async function sendPicked(rescueId: string): Promise<void> {
  const { picked } = usePhotoUploads.getState();
  await sendPhotos(rescueId, "before", picked);
  usePhotoUploads.setState({ picked: [] });
}
