import axios from "axios";

import { contentTypeOf } from "@supportcarr/client/uploads";

import { http } from "../session.ts";
import type { Photo, PhotoStage } from "./types.ts";

const UPLOAD_TIMEOUT_MS = 180_000;

/** Uploads a photo of the job, directly to the file store; `key` makes a repeat the same photo. */
export async function uploadRescuePhoto(rescueId: string, stage: PhotoStage, file: File, key: string, onProgress: (share: number) => void): Promise<Photo> {
  const path = `/rescues/${encodeURIComponent(rescueId)}/photos`;
  const { data: begun } = await http.post<Photo>(path, { stage, content_type: contentTypeOf(file), size: file.size }, { headers: { "Idempotency-Key": key } });
  if (begun.upload) {
    const form = new FormData();
    for (const [name, value] of Object.entries(begun.upload.fields)) form.append(name, value);
    form.append("file", file);
    // Without the access token: the file store is another server than the API.
    await axios.post(begun.upload.url, form, { timeout: UPLOAD_TIMEOUT_MS, onUploadProgress: ({ progress }) => onProgress(progress ?? 0) });
  }
  return (await http.post<Photo>(`${path}/${encodeURIComponent(begun.id)}/completion`)).data;
}
