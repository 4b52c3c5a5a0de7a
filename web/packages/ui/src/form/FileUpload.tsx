import { toProblem } from "@supportcarr/client/http";
import { contentTypeOf, MAX_UPLOAD_BYTES, type StoredFile, type UploadOptions, UploadRefused } from "@supportcarr/client/uploads";
import { type DragEvent, useEffect, useId, useRef, useState } from "react";

import { uiTexts, useUiTexts } from "../texts/useUiTexts.ts";
import { Button } from "../Button.tsx";
import { FieldError, FieldHint } from "./FieldFrame.tsx";
import { fieldText, problemText } from "./useSubmission.ts";

interface FileUploadProps {
  label: string;
  hint?: string;
  /** What is wrong with the file, as the form that contains it was told. */
  error?: string | undefined;
  /** Whether a PDF may be chosen as well as a picture. */
  pdf?: boolean;
  /** A small picture of the file that is there already; empty if there is one without a picture. */
  current?: string | null | undefined;
  upload: (file: File, options: UploadOptions) => Promise<StoredFile>;
  /** The file is on the server; the form may use it. */
  onUploaded: (file: StoredFile) => void;
  /** Called with true while a file is on its way, when the form must not be sent. */
  onBusy?: (busy: boolean) => void;
}

const PICTURES = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"];

/** Why a file cannot be uploaded, as far as this device can tell; `null` if it can be tried. */
export function refusalOf(file: Pick<File, "name" | "type" | "size">, pdf: boolean): string | null {
  const type = contentTypeOf(file);
  const text = uiTexts().upload;
  if (!PICTURES.includes(type) && !(pdf && type === "application/pdf")) return pdf ? text.wrongTypeOrPdf : text.wrongType;
  if (file.size > MAX_UPLOAD_BYTES) return text.tooLarge;
  return file.size === 0 ? text.empty : null;
}

/** Whether the same file may go through the next time: not if the platform has looked at it and said no. */
function mayRetry(failure: unknown): boolean {
  const { status } = toProblem(failure);
  return !(failure instanceof UploadRefused) && (status < 400 || status >= 500 || status === 429);
}

function failureOf(failure: unknown): string {
  const { platformLanguage, upload } = uiTexts();
  if (failure instanceof UploadRefused) return (platformLanguage && failure.detail) || upload.refused;
  const problem = toProblem(failure);
  return problem.errors?.map(fieldText).join(" ") || problemText(problem);
}

/** Uploads one file: from the camera, the library or the disk, chosen or dropped.  A failed upload can be tried again. */
export function FileUpload({ label, hint, error, pdf = false, current, upload, onUploaded, onBusy }: FileUploadProps) {
  const text = useUiTexts().upload;
  const { tryAgain } = useUiTexts();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const running = useRef<AbortController | null>(null);
  const [progress, setProgress] = useState<number | null>(null);
  const [failed, setFailed] = useState<{ message: string; file: File | null } | null>(null);
  const [done, setDone] = useState<{ name: string; file: StoredFile } | null>(null);
  const [over, setOver] = useState(false);
  useEffect(() => () => running.current?.abort(), []);

  async function send(file: File) {
    const refusal = refusalOf(file, pdf);
    setDone(null);
    setFailed(refusal ? { message: refusal, file: null } : null);
    if (refusal) return;
    const controller = new AbortController();
    running.current = controller;
    setProgress(0);
    onBusy?.(true);
    try {
      const stored = await upload(file, { onProgress: setProgress, signal: controller.signal });
      setDone({ name: file.name, file: stored });
      onUploaded(stored);
    } catch (failure) {
      if (!controller.signal.aborted) setFailed({ message: failureOf(failure), file: mayRetry(failure) ? file : null });
    } finally {
      setProgress(null);
      onBusy?.(false);
    }
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && progress === null) void send(file);
  }

  const isThere = typeof current === "string";
  const message = failed?.message ?? error;
  const percent = Math.round((progress ?? 0) * 100);
  const thumbnail = done ? done.file.thumbnail_url : current;
  const described = [hint ? `${id}-hint` : "", message ? `${id}-error` : ""].filter(Boolean).join(" ");
  const border = over ? "border-(--accent) bg-(--selected)" : message ? "border-(--danger)" : "border-(--border-strong)";
  return (
    <div>
      <p id={`${id}-label`} className="text-sm font-medium">
        {label}
      </p>
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={`mt-1 flex flex-wrap items-center gap-3 rounded-lg border border-dashed p-3 ${border}`}
      >
        {thumbnail ? <img src={thumbnail} alt="" className="size-14 rounded-md object-cover" /> : null}
        <div className="min-w-36 flex-1 text-sm">
          {progress === null ? (
            <p role="status" className="wrap-anywhere text-(--muted)">
              {done ? (done.file.state === "ready" ? text.done(done.name) : text.stillChecking(done.name)) : isThere ? text.isThere : text.none}
            </p>
          ) : (
            <>
              <p className="text-(--muted)">{percent < 100 ? text.sending(percent) : text.checking}</p>
              <progress aria-label={label} value={percent} max={100} className="mt-1 h-1.5 w-full accent-(--accent)" />
            </>
          )}
        </div>
        {progress === null ? (
          <Button variant="secondary" className="py-1.5! text-sm" aria-describedby={[`${id}-label`, described].filter(Boolean).join(" ")} onClick={() => input.current?.click()}>
            {done || isThere ? text.another : text.choose}
          </Button>
        ) : (
          <Button variant="ghost" className="text-sm" onClick={() => running.current?.abort()}>
            {text.stop}
          </Button>
        )}
        <input
          ref={input}
          type="file"
          aria-label={label}
          accept={[...PICTURES, ".heic", ...(pdf ? ["application/pdf"] : [])].join(",")}
          className="hidden"
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0];
            currentTarget.value = ""; // so that the same file can be chosen again
            if (file) void send(file);
          }}
        />
      </div>
      {message ? (
        <div role="alert" className="flex flex-wrap items-baseline gap-x-3">
          <FieldError id={`${id}-error`}>{message}</FieldError>
          {failed?.file ? (
            <Button variant="ghost" className="text-sm underline underline-offset-4" onClick={() => failed.file && void send(failed.file)}>
              {tryAgain}
            </Button>
          ) : null}
        </div>
      ) : null}
      {hint ? <FieldHint id={`${id}-hint`}>{hint}</FieldHint> : null}
    </div>
  );
}
