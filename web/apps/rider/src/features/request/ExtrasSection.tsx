import { Field } from "@supportcarr/ui/form/Field";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import { X } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslations } from "use-intl";

import { PhotoPicker } from "@supportcarr/phone-app/PhotoPicker";
import { dropPicked, pickPhotos, usePhotoUploads } from "../../lib/photoUploads.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";

const MAX_NOTE = 500;
const MAX_PROMO = 40;

/** What helps, and need not be there: words for the driver, photos, a promotion. */
export function ExtrasSection() {
  const text = useTranslations("request.extras");
  const { draft, change } = useRequest();
  const picked = usePhotoUploads((state) => state.picked);
  const [promo, setPromo] = useState(draft.promoCode);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    change({ promoCode: promo.trim() });
  };
  return (
    <section aria-label={text("title")} className="space-y-5">
      <TextArea name="note" label={text("note")} hint={text("noteHint")} rows={2} maxLength={MAX_NOTE} value={draft.note} onChange={(event) => change({ note: event.target.value })} />
      <div>
        <p className="mb-1 text-sm font-medium">{text("photos")}</p>
        {picked.length ? (
          <ul className="mb-2 flex flex-wrap gap-2">
            {picked.map((file, index) => (
              <Picked key={`${file.name}-${file.lastModified}-${file.size}`} file={file} label={text("dropPhoto", { number: index + 1 })} />
            ))}
          </ul>
        ) : null}
        <PhotoPicker label={text("addPhotos")} onPick={pickPhotos} />
        <p className="mt-1.5 text-xs text-(--muted)">{text("photosHint")}</p>
      </div>
      <form onSubmit={apply} className="flex items-end gap-2">
        <Field name="promo_code" label={text("promo")} type="text" autoComplete="off" autoCapitalize="characters" maxLength={MAX_PROMO} value={promo} onChange={(event) => setPromo(event.target.value)} className="min-w-0 flex-1" />
        <Button type="submit" variant="secondary" className="min-h-11.5" disabled={promo.trim() === draft.promoCode}>
          {text("applyPromo")}
        </Button>
      </form>
    </section>
  );
}

function Picked({ file, label }: { file: File; label: string }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const created = URL.createObjectURL(file);
    setUrl(created);
    return () => URL.revokeObjectURL(created);
  }, [file]);
  return (
    <li className="relative">
      {url ? <img src={url} alt="" className="size-20 rounded-xl border border-(--border) object-cover" /> : null}
      <button type="button" aria-label={label} onClick={() => dropPicked(file)} className="absolute -top-2 -right-2 flex size-8 items-center justify-center rounded-full border border-(--border) bg-(--surface)">
        <X aria-hidden="true" className="size-4" />
      </button>
    </li>
  );
}
