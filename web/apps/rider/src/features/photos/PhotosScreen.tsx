import { useQueue } from "@supportcarr/pwa/queue";
import { useToast } from "@supportcarr/ui/toasts";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Photo, PhotoStage, RescueStatus } from "../../lib/api/types.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { PendingPhotos } from "@supportcarr/phone-app/PendingPhotos";
import { PhotoPicker } from "@supportcarr/phone-app/PhotoPicker";
import { MAX_PHOTOS } from "@supportcarr/phone-app/pictures";
import { photoOf, photoQueue, sendPhotos } from "../../lib/photoUploads.ts";
import { Screen } from "@supportcarr/phone-app/Screen";

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
          <div className="space-y-8">
            {/* Without a connection the platform's photos are not there, but those that wait for one are. */}
            <Loaded query={photos}>{() => null}</Loaded>
            <Stage rescueId={rescueId} stage="before" photos={photos.data} open={BEFORE.has(status)} />
            {AFTER.has(status) || photos.data?.some(({ stage }) => stage === "after") ? <Stage rescueId={rescueId} stage="after" photos={photos.data} open={AFTER.has(status)} /> : null}
          </div>
        )}
      </Loaded>
    </Screen>
  );
}

interface StageProps {
  rescueId: string;
  stage: PhotoStage;
  /** `undefined`: they are not known. */
  photos: readonly Photo[] | undefined;
  open: boolean;
}

function Stage({ rescueId, stage, photos, open }: StageProps) {
  const text = useTranslations("photos");
  const toast = useToast();
  const pending = useQueue(photoQueue).filter((action) => photoOf(action).rescueId === rescueId && photoOf(action).stage === stage);
  const shown = (photos ?? []).filter((photo) => photo.stage === stage);
  const mine = shown.filter(({ by }) => by.role === "rider").length + pending.length;
  const add = (files: readonly File[]) => sendPhotos(rescueId, stage, files.slice(0, MAX_PHOTOS - mine)).catch(() => toast({ tone: "danger", message: text("notKept") }));
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
      ) : photos && pending.length === 0 ? (
        <p className="mb-3 text-sm text-(--muted)">{text("none")}</p>
      ) : null}
      <PendingPhotos photos={pending} queue={photoQueue} />
      {open && mine < MAX_PHOTOS ? <PhotoPicker label={text("add")} onPick={(files) => void add(files)} /> : null}
    </section>
  );
}
