import { type ActionQueue, RefusedAction, type ShownAction } from "@supportcarr/pwa/queue";
import { Button } from "@supportcarr/ui/Button";
import { ImageOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";

import { useShare } from "./uploadShares.ts";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { useProblemText } from "./useProblemText.ts";

interface PendingPhotosProps {
  photos: readonly ShownAction[];
  queue: ActionQueue;
}

/** Photos that the platform does not have yet: being sent, waiting for a connection, or refused. */
export function PendingPhotos({ photos, queue }: PendingPhotosProps) {
  if (photos.length === 0) return null;
  return (
    <ul className="mb-3 space-y-2">
      {photos.map((photo) => (
        <li key={photo.id} className="flex items-center gap-3 rounded-xl border border-(--border) bg-(--surface) p-2.5">
          <Preview id={photo.id} file={photo.file} />
          <div className="min-w-0 flex-1 text-sm">{photo.state === "failed" && photo.refusal ? <Refused photo={photo} queue={queue} /> : <OnItsWay photo={photo} />}</div>
        </li>
      ))}
    </ul>
  );
}

function OnItsWay({ photo: { id, state } }: { photo: ShownAction }) {
  const text = useTranslations("photos");
  const formats = useFormats();
  const share = useShare(id);
  const sending = state === "sending";
  return (
    <>
      <p className="flex items-baseline justify-between gap-2">
        <span role="status">{sending ? text("sending") : text("queued")}</span>
        {sending ? (
          <span aria-hidden="true" className="text-(--muted) tabular-nums">
            {formats.percent(share)}
          </span>
        ) : null}
      </p>
      {sending ? (
        <div role="progressbar" aria-label={text("sending")} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} className="mt-2 h-1.5 overflow-hidden rounded-full bg-(--border)">
          <div style={{ width: `${share * 100}%` }} className="h-full rounded-full bg-(--accent) transition-[width] duration-200 ease-app" />
        </div>
      ) : null}
    </>
  );
}

function Refused({ photo: { id, refusal }, queue }: { photo: ShownAction; queue: ActionQueue }) {
  const text = useTranslations("photos");
  const sentence = useProblemText();
  return (
    <>
      <p role="status" className="text-(--danger-text)">
        {refusal ? sentence(new RefusedAction(refusal)) : null}
      </p>
      <div className="mt-1 flex flex-wrap gap-x-2">
        <Button variant="secondary" onClick={() => void queue.retry(id)}>
          {text("retry")}
        </Button>
        <Button variant="quiet" onClick={() => void queue.drop(id)}>
          {text("drop")}
        </Button>
      </div>
    </>
  );
}

/** The photo as it is on the phone; not every browser shows every type. */
function Preview({ id, file }: { id: string; file: Blob | undefined }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return;
    const created = URL.createObjectURL(file);
    setUrl(created);
    return () => URL.revokeObjectURL(created);
    // The queue reads the same file anew, as another object, whenever something has changed.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id]);
  if (url === null) {
    return (
      <span className="grid size-16 shrink-0 place-items-center rounded-lg bg-(--hover) text-(--muted)">
        <ImageOff aria-hidden="true" className="size-5" />
      </span>
    );
  }
  return <img src={url} alt="" onError={() => setUrl(null)} className="size-16 shrink-0 rounded-lg object-cover" />;
}
