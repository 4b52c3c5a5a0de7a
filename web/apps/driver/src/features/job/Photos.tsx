import { useQueue } from "@supportcarr/pwa/queue";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { jobQueries } from "../../lib/api/jobs.ts";
import type { PhotoStage } from "../../lib/api/types.ts";
import { isPhoto, queue, stageOf, takePhoto } from "../../lib/queue.ts";
import { MAX_PHOTOS } from "@supportcarr/phone-app/pictures";
import { PendingPhotos } from "@supportcarr/phone-app/PendingPhotos";
import { PhotoPicker } from "@supportcarr/phone-app/PhotoPicker";
import { useToast } from "@supportcarr/ui/toasts";

/** What the bike looks like before it is loaded, and after: evidence for both sides. */
export function Photos({ rescueId, stage }: { rescueId: string; stage: PhotoStage }) {
  const text = useTranslations("photos");
  const toast = useToast();
  const photos = useQuery(jobQueries.photos(rescueId));
  const pending = useQueue(queue).filter((action) => action.subject === rescueId && isPhoto(action)); // also those of the stage before
  const shown = photos.data?.filter((photo) => photo.stage === stage) ?? [];
  const mine = shown.filter(({ by }) => by.role === "driver").length + pending.filter((action) => stageOf(action) === stage).length;

  async function add(files: readonly File[]) {
    // All are kept at once, and sent one after another: a reload in between loses none.
    const kept = await Promise.allSettled(files.slice(0, MAX_PHOTOS - mine).map((file) => takePhoto(rescueId, stage, file)));
    if (kept.some(({ status }) => status === "rejected")) toast({ tone: "danger", message: text("failed") });
  }

  return (
    <section aria-label={text(stage)}>
      <h3 className="mb-2 text-lg font-semibold">{text(stage)}</h3>
      <p className="mb-2 text-sm text-(--muted)">{text("about")}</p>
      {shown.length ? (
        <ul className="mb-3 grid grid-cols-3 gap-2">
          {shown.map((photo) => (
            <li key={photo.id}>
              {photo.thumbnail_url ? (
                <img src={photo.thumbnail_url} alt={photo.by.role === "driver" ? text("byYou") : text("byRider")} className="aspect-square w-full rounded-xl border border-(--border) object-cover" />
              ) : (
                <p className="flex aspect-square items-center justify-center rounded-xl bg-(--hover) p-2 text-center text-xs text-(--muted)">{photo.state === "refused" ? text("refused") : text("checking")}</p>
              )}
            </li>
          ))}
        </ul>
      ) : null}
      <PendingPhotos photos={pending} queue={queue} />
      {mine < MAX_PHOTOS ? <PhotoPicker camera label={text("add")} onPick={(files) => void add(files)} /> : null}
    </section>
  );
}
