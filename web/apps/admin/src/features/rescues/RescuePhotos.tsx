import { ImageViewer } from "@supportcarr/ui/image/ImageViewer";
import { Modal } from "@supportcarr/ui/Modal";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { RescuePhoto } from "../../lib/api/types.ts";
import { useTimeOfDay } from "../../lib/area.ts";
import { describeCode, texts } from "../../lib/texts.ts";

const text = texts.rescue.photos;
const STAGES = ["before", "after"] as const;

/** The pictures that rider and driver took before and after the ride; one opens to be looked at closely. */
export function RescuePhotos({ rescueId }: { rescueId: string }) {
  const photos = useQuery(rescueQueries.photos(rescueId));
  const [open, setOpen] = useState<RescuePhoto | null>(null);
  if (photos.isError) return <p role="alert">{text.loadFailed}</p>;
  if (!photos.data) return <p className="text-(--muted)">{texts.loading}</p>;
  if (photos.data.length === 0) return <p className="text-(--muted)">{text.none}</p>;
  return (
    <>
      {STAGES.map((stage) => {
        const taken = photos.data.filter((photo) => photo.stage === stage);
        return taken.length === 0 ? null : (
          <div key={stage} className="mb-3 last:mb-0">
            <h4 className="mb-1.5 text-xs">{text.stages[stage]}</h4>
            <ul className="grid grid-cols-3 gap-2">
              {taken.map((photo) => (
                <li key={photo.id}>
                  <Thumbnail photo={photo} onOpen={() => setOpen(photo)} />
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      {open?.url ? (
        <Modal title={labelOf(open)} about={open.note} wide closeLabel={texts.close} onClose={() => setOpen(null)}>
          <ImageViewer key={open.id} src={open.url} alt={labelOf(open)} texts={texts.viewer} className="h-[60dvh]" />
        </Modal>
      ) : null}
    </>
  );
}

const labelOf = ({ stage, by, damage }: RescuePhoto): string => [text.taken(text.stages[stage], describeCode(by.role)), damage ? text.damage : ""].filter(Boolean).join(", ");

function Thumbnail({ photo, onOpen }: { photo: RescuePhoto; onOpen: () => void }) {
  const timeOfDay = useTimeOfDay();
  return (
    <button type="button" aria-label={labelOf(photo)} disabled={!photo.url} onClick={onOpen} className="block w-full text-left">
      <span className={`block aspect-square overflow-hidden rounded-lg border bg-(--background) ${photo.damage ? "border-2 border-(--danger)" : "border-(--border)"}`}>
        {photo.thumbnail_url ? (
          <img src={photo.thumbnail_url} alt="" className="size-full object-cover" />
        ) : (
          <span className="grid size-full place-items-center p-1 text-center text-xs text-(--muted)">{text.notReady}</span>
        )}
      </span>
      <span className="mt-1 block text-xs text-(--muted)">
        {describeCode(photo.by.role)} · {timeOfDay(photo.at)}
      </span>
      {photo.damage ? <span className="block text-xs font-medium text-(--danger-text)">{text.damage}</span> : null}
    </button>
  );
}
