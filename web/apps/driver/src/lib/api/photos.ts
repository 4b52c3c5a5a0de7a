import { contentTypeOf } from "@supportcarr/client/uploads";
import axios from "axios";

import { http } from "../session.ts";
import { pathOfRescue } from "./jobs.ts";
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
}

/** Uploads a photo of the job, directly to the file store. */
export async function uploadJobPhoto({ rescueId, stage, file, key, happenedAt }: NewPhoto): Promise<Photo> {
  const path = `${pathOfRescue(rescueId)}/photos`;
  const wanted = { stage, content_type: contentTypeOf(file), size: file.size, ...(happenedAt ? { happened_at: happenedAt } : {}) };
  const { data: begun } = await http.post<Photo>(path, wanted, { headers: { "Idempotency-Key": key } });
  if (begun.upload) {
    const form = new FormData();
    for (const [name, value] of Object.entries(begun.upload.fields)) form.append(name, value);
    form.append("file", file);
    // Without the access token: the file store is another server than the API.
    await axios.post(begun.upload.url, form, { timeout: UPLOAD_TIMEOUT_MS });
  }
  return (await http.post<Photo>(`${path}/${encodeURIComponent(begun.id)}/completion`)).data;
}
