import { uploadPhoto } from "@supportcarr/phone-app/api/photos";
import { MAX_PHOTOS } from "@supportcarr/phone-app/pictures";
import { create } from "zustand";

import type { PhotoStage } from "./api/types.ts";
import { http } from "./session.ts";

export interface PhotoUpload {
  id: string;
  rescueId: string;
  stage: PhotoStage;
  file: File;
  state: "queued" | "sending" | "saved" | "failed";
  /** The share that has been sent, from 0 to 1. */
  progress: number;
  error: unknown;
}

interface PhotoUploads {
  /** Chosen before the rescue exists; they are sent once it does. */
  picked: readonly File[];
  uploads: readonly PhotoUpload[];
}

export const usePhotoUploads = create<PhotoUploads>(() => ({ picked: [], uploads: [] }));

export const pickPhotos = (files: readonly File[]): void => usePhotoUploads.setState(({ picked }) => ({ picked: [...picked, ...files].slice(0, MAX_PHOTOS) }));

export const dropPicked = (file: File): void => usePhotoUploads.setState(({ picked }) => ({ picked: picked.filter((other) => other !== file) }));

const update = (id: string, change: Partial<PhotoUpload>): void =>
  usePhotoUploads.setState(({ uploads }) => ({ uploads: uploads.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)) }));

/** Sends photos of a rescue, one after another. `onSaved` is called after each. */
export async function sendPhotos(rescueId: string, stage: PhotoStage, files: readonly File[], onSaved: () => void): Promise<void> {
  const added = files.map((file): PhotoUpload => ({ id: crypto.randomUUID(), rescueId, stage, file, state: "queued", progress: 0, error: null }));
  usePhotoUploads.setState(({ uploads }) => ({ uploads: [...uploads, ...added] }));
  for (const upload of added) await send(upload, onSaved);
}

export const retryPhoto = (upload: PhotoUpload, onSaved: () => void): Promise<void> => send(upload, onSaved);

async function send({ id, rescueId, stage, file }: PhotoUpload, onSaved: () => void): Promise<void> {
  update(id, { state: "sending", progress: 0, error: null });
  try {
    await uploadPhoto(http, { rescueId, stage, file, key: id, onProgress: (progress) => update(id, { progress }) });
    update(id, { state: "saved", progress: 1 });
    onSaved();
  } catch (error) {
    update(id, { state: "failed", error });
  }
}

/** Sends what was chosen before the rescue existed. */
export function sendPicked(rescueId: string, onSaved: () => void): void {
  const { picked } = usePhotoUploads.getState();
  usePhotoUploads.setState({ picked: [] });
  void sendPhotos(rescueId, "before", picked, onSaved);
}
