import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Photo, PhotoStage, RescueStatus } from "../../lib/api/types.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { PhotoPicker } from "@supportcarr/phone-app/PhotoPicker";
import { MAX_PHOTOS } from "@supportcarr/phone-app/pictures";
import { type PhotoUpload, retryPhoto, sendPhotos, usePhotoUploads } from "../../lib/photoUploads.ts";
import { Screen } from "@supportcarr/phone-app/Screen";
import { Button } from "@supportcarr/ui/Button";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";

// When the platform takes photos of each stage.
const BEFORE = new Set<RescueStatus>(["scheduled", "requested", "matching", "assigned", "en_route", "arrived", "in_transit"]);
const AFTER = new Set<RescueStatus>(["in_transit", "completed"]);

/** What the bike looked like before and after: evidence for both sides. */
export function PhotosScreen() {
  const text = useTranslations("photos");
  const { rescueId } = useParams({ from: "/signed-in/rescues/$rescueId/photos" });
  const rescue = useQuery(rescueQueries.detail(rescueId));
  const photos = useQuery(rescueQueries.photos(rescueId));
  return (
    <Screen title={text("title")} back={{ to: "/rescues/$rescueId", params: { rescueId } }}>
      <p className="mb-5 text-(--muted)">{text("about")}</p>
      <Loaded query={rescue}>
        {({ status }) => (
          <Loaded query={photos}>
            {(items) => (
              <div className="space-y-8">
                <Stage rescueId={rescueId} stage="before" photos={items} open={BEFORE.has(status)} />
                {AFTER.has(status) || items.some(({ stage }) => stage === "after") ? <Stage rescueId={rescueId} stage="after" photos={items} open={AFTER.has(status)} /> : null}
              </div>
            )}
          </Loaded>
        )}
      </Loaded>
    </Screen>
  );
}

interface StageProps {
  rescueId: string;
  stage: PhotoStage;
  photos: readonly Photo[];
  open: boolean;
}

function Stage({ rescueId, stage, photos, open }: StageProps) {
  const text = useTranslations("photos");
  const queryClient = useQueryClient();
  const uploads = usePhotoUploads((state) => state.uploads);
  const pending = uploads.filter((upload) => upload.rescueId === rescueId && upload.stage === stage && upload.state !== "saved");
  const shown = photos.filter((photo) => photo.stage === stage);
  const mine = shown.filter(({ by }) => by.role === "rider").length + pending.length;
  const onSaved = () => void queryClient.invalidateQueries({ queryKey: rescueQueries.photos(rescueId).queryKey });
  return (
    <section aria-label={text(stage)}>
      <h2 className="mb-2 font-semibold">{text(stage)}</h2>
      {shown.length ? (
        <ul className="mb-3 grid grid-cols-2 gap-2.5">
          {shown.map((photo) => (
            <li key={photo.id}>
              {photo.url ? (
                <a href={photo.url} target="_blank" rel="noreferrer">
                  <img
                    src={photo.preview_url ?? photo.thumbnail_url ?? photo.url}
                    alt={photo.by.role === "rider" ? text("byYou") : text("byDriver")}
                    className="aspect-square w-full rounded-xl border border-(--border) object-cover"
                  />
                </a>
              ) : (
                <p className="flex aspect-square items-center justify-center rounded-xl bg-(--hover) p-3 text-center text-sm text-(--muted)">{photo.state === "refused" ? text("refused") : text("checking")}</p>
              )}
              <p className="mt-1 text-xs text-(--muted)">{[photo.by.role === "rider" ? text("byYou") : text("byDriver"), photo.damage ? text("damage") : null].filter(Boolean).join(" · ")}</p>
            </li>
          ))}
        </ul>
      ) : (
        <p className="mb-3 text-sm text-(--muted)">{text("none")}</p>
      )}
      {pending.map((upload) => (
        <PendingPhoto key={upload.id} upload={upload} onRetry={() => void retryPhoto(upload, onSaved)} />
      ))}
      {open && mine < MAX_PHOTOS ? <PhotoPicker label={text("add")} onPick={(files) => void sendPhotos(rescueId, stage, files.slice(0, MAX_PHOTOS - mine), onSaved)} /> : null}
    </section>
  );
}

function PendingPhoto({ upload, onRetry }: { upload: PhotoUpload; onRetry: () => void }) {
  const text = useTranslations("photos");
  const sentence = useProblemText();
  return (
    <div role="status" className="mb-2 rounded-xl border border-(--border) p-3 text-sm">
      <p className="wrap-anywhere">{upload.file.name}</p>
      {upload.state === "failed" ? (
        <div className="flex items-center justify-between gap-2">
          <span className="text-(--danger-text)">{sentence(upload.error)}</span>
          <Button variant="secondary" onClick={onRetry}>
            {text("retry")}
          </Button>
        </div>
      ) : (
        <>
          <p className="text-(--muted)">{upload.state === "queued" ? text("queued") : text("sending")}</p>
          <progress aria-label={upload.file.name} value={upload.progress} max={1} className="mt-1 h-1.5 w-full accent-(--accent)" />
        </>
      )}
    </div>
  );
}
