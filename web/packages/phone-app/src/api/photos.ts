import { contentTypeOf, sendToStore } from "@supportcarr/client/uploads";
import type { AxiosInstance } from "axios";

import type { Photo, PhotoStage } from "./types.ts";

export interface NewPhoto {
  rescueId: string;
  stage: PhotoStage;
  file: File;
  /** Makes a repeat the same photo. */
  key: string;
  /** City time, of a photo that is sent later than it was taken. */
  happenedAt?: string | undefined;
  /** Called with the share that has been sent, from 0 to 1. */
  onProgress?: (share: number) => void;
}

/** Uploads a photo of a rescue, directly to the file store. */
export async function uploadPhoto(http: AxiosInstance, { rescueId, stage, file, key, happenedAt, onProgress }: NewPhoto): Promise<Photo> {
  const path = `/rescues/${encodeURIComponent(rescueId)}/photos`;
  const wanted = { stage, content_type: contentTypeOf(file), size: file.size, ...(happenedAt ? { happened_at: happenedAt } : {}) };
  const { data: begun } = await http.post<Photo>(path, wanted, { headers: { "Idempotency-Key": key } });
  if (begun.upload) {
    await sendToStore(begun.upload, file, onProgress ? { onProgress } : {});
  }
  return (await http.post<Photo>(`${path}/${encodeURIComponent(begun.id)}/completion`)).data;
}

const RECHECK_MS = 2_000;

/** When to read photos again of which some are still being checked; nothing else says that they are ready. */
export const recheckInterval = (photos: readonly { state: string }[] | undefined): number | false => (photos?.some(({ state }) => state === "processing") ? RECHECK_MS : false);
