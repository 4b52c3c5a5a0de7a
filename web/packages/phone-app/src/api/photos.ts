import { contentTypeOf } from "@supportcarr/client/uploads";
import axios, { type AxiosInstance } from "axios";

import type { Photo, PhotoStage } from "./types.ts";

const UPLOAD_TIMEOUT_MS = 180_000;

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
    const form = new FormData();
    for (const [name, value] of Object.entries(begun.upload.fields)) form.append(name, value);
    form.append("file", file);
    // Without the access token: the file store is another server than the API.
    await axios.post(begun.upload.url, form, { timeout: UPLOAD_TIMEOUT_MS, onUploadProgress: ({ progress }) => onProgress?.(progress ?? 0) });
  }
  return (await http.post<Photo>(`${path}/${encodeURIComponent(begun.id)}/completion`)).data;
}

const RECHECK_MS = 2_000;

/** When to read photos again of which some are still being checked; nothing else says that they are ready. */
export const recheckInterval = (photos: readonly { state: string }[] | undefined): number | false => (photos?.some(({ state }) => state === "processing") ? RECHECK_MS : false);
