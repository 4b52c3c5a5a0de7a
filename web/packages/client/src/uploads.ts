import axios, { type AxiosInstance } from "axios";

import type { components } from "./api";
import { sharedStorage } from "./browserStorage.ts";
import { toProblem } from "./http.ts";

type Schemas = components["schemas"];

/** A stored file as its owner sees it; the links work for some minutes. */
export type StoredFile = Schemas["FileView"];

/** What a file is for; the platform allows it to be attached to nothing else. */
export type UploadPurpose = Schemas["UploadRequest"]["purpose"];

type UploadForm = NonNullable<StoredFile["upload"]>;

export interface UploadOptions {
  /** Called with the share that has been sent, from 0 to 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

export const MAX_UPLOAD_BYTES = 15 * 1024 * 1024;
const STALLED_MS = 90_000; // without a byte that moves; a slow line alone is no reason to begin again
const POLL_MS = 700;
const PROCESSING_TIMEOUT_MS = 60_000;

const TYPES_BY_EXTENSION: Record<string, string> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  heic: "image/heic",
  heif: "image/heif",
  pdf: "application/pdf",
};

/** The type of a file; browsers do not know that of HEIC, so its name decides. */
export function contentTypeOf(file: Pick<File, "name" | "type">): string {
  return file.type || TYPES_BY_EXTENSION[file.name.split(".").at(-1)?.toLowerCase() ?? ""] || "application/octet-stream";
}

/** A file that the platform received and refused. */
export class UploadRefused extends Error {
  /** `detail`: a sentence for the person. */
  constructor(readonly detail: string) {
    super(`the file was refused: ${detail}`);
  }
}

/** The keys with which uploads were begun, by what tells files apart; forgotten once the platform has the file, or refused it. */
type Keys = Record<string, { key: string; begun: number }>;

const STORAGE_KEY = "supportcarr.uploads";
const KEPT_MS = 24 * 3_600_000; // as long as an upload that is not used counts

function keptKeys(): Keys {
  try {
    const kept = JSON.parse(sharedStorage.getItem(STORAGE_KEY) ?? "{}") as Keys;
    return Object.fromEntries(Object.entries(kept).filter(([, { begun }]) => Date.now() - begun < KEPT_MS));
  } catch {
    return {};
  }
}

const keep = (keys: Keys): void => sharedStorage.setItem(STORAGE_KEY, JSON.stringify(keys));

/** The same for a file that is chosen again; without its name, which may say whose it is. */
const nameOf = (file: File, purpose: UploadPurpose): string => [purpose, file.type, file.size, file.lastModified].join(" ");

function keyOf(file: File, purpose: UploadPurpose): string {
  const keys = keptKeys();
  const name = nameOf(file, purpose);
  const known = keys[name] ?? { key: crypto.randomUUID(), begun: Date.now() };
  keep({ ...keys, [name]: known });
  return known.key;
}

function forgetKey(file: File, purpose: UploadPurpose): void {
  const name = nameOf(file, purpose);
  keep(Object.fromEntries(Object.entries(keptKeys()).filter(([known]) => known !== name)));
}

/**
 * Uploads a file past the API, directly to the file store, and waits until it has been checked: `ready`, or still
 * `processing` after a minute.  The same file again, after an upload that was lost or ended, also by a reload, goes on
 * with that upload: one that is begun and not used counts against the person for a day.  Rejects with the problem of the platform, or
 * with `UploadRefused`.
 */
export async function uploadFile(http: AxiosInstance, purpose: UploadPurpose, file: File, options: UploadOptions = {}): Promise<StoredFile> {
  const forget = () => forgetKey(file, purpose);
  try {
    const stored = await uploadOnce(http, purpose, file, options);
    forget();
    return stored;
  } catch (error) {
    const { status } = toProblem(error);
    if (error instanceof UploadRefused || (status >= 400 && status < 500 && status !== 408 && status !== 429)) forget();
    throw error;
  }
}

async function uploadOnce(http: AxiosInstance, purpose: UploadPurpose, file: File, { onProgress, signal }: UploadOptions): Promise<StoredFile> {
  const cancel = signal ? { signal } : {};
  const wanted: Schemas["UploadRequest"] = { purpose, content_type: contentTypeOf(file), size: file.size };
  const begin = async () => (await http.post<StoredFile>("/me/uploads", wanted, { ...cancel, headers: { "Idempotency-Key": keyOf(file, purpose) } })).data;
  let begun = await begin();
  if (!begun.upload && begun.state === "awaiting_upload") {
    forgetKey(file, purpose); // the form of the former upload has expired
    begun = await begin();
  }
  if (begun.upload) await sendToStore(begun.upload, file, { ...(onProgress ? { onProgress } : {}), ...cancel });
  const path = `/me/uploads/${encodeURIComponent(begun.id)}`;
  let { data: stored } = await http.post<StoredFile>(`${path}/completion`, undefined, cancel);
  const deadline = Date.now() + PROCESSING_TIMEOUT_MS;
  while (stored.state === "processing" && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    ({ data: stored } = await http.get<StoredFile>(path, cancel));
  }
  if (stored.state === "refused") throw new UploadRefused(stored.detail ?? stored.reason ?? "");
  return stored;
}

/**
 * Sends the form; the file store is another server than the API, so that it must not see the access token.  Rejects if
 * nothing has moved for a while, however long the whole of it takes.
 */
export async function sendToStore({ url, fields }: Pick<UploadForm, "url" | "fields">, file: File, { onProgress, signal }: UploadOptions): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  const controller = new AbortController();
  const end = () => controller.abort();
  let stalled = setTimeout(end, STALLED_MS);
  signal?.addEventListener("abort", end);
  try {
    await axios.post(url, form, {
      signal: controller.signal,
      onUploadProgress: ({ progress }) => {
        clearTimeout(stalled);
        stalled = setTimeout(end, STALLED_MS);
        onProgress?.(progress ?? 0);
      },
    });
  } finally {
    clearTimeout(stalled);
    signal?.removeEventListener("abort", end);
  }
}
