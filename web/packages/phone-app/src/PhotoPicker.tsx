import { Camera } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslations } from "use-intl";

import { refusalOf } from "./pictures.ts";
import { shrinkPhoto } from "./shrinkPhoto.ts";
import { Button } from "@supportcarr/ui/Button";

interface PhotoPickerProps {
  label: string;
  /** Opens the camera at once; otherwise the phone asks whether to take a photo or choose one. */
  camera?: boolean;
  onPick: (files: File[]) => void;
}

/** Takes photos with the camera, or chooses them from the library. */
export function PhotoPicker({ label, camera = false, onPick }: PhotoPickerProps) {
  const text = useTranslations("photos");
  const input = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function pick(chosen: readonly File[]) {
    setBusy(true);
    const files: File[] = [];
    for (const file of chosen) files.push(await shrinkPhoto(file)); // one at a time: each takes much memory
    setBusy(false);
    const refusal = files.map(refusalOf).find(Boolean);
    setRefused(refusal ? text(refusal) : null);
    const accepted = files.filter((file) => refusalOf(file) === null);
    if (accepted.length) onPick(accepted);
  }

  return (
    <div>
      <Button variant="secondary" block busy={busy} icon={<Camera aria-hidden="true" className="size-5" />} onClick={() => input.current?.click()}>
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        aria-label={label}
        accept="image/jpeg,image/png,image/webp,image/heic,.heic"
        capture={camera ? "environment" : undefined}
        multiple
        className="hidden"
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = ""; // so that the same file can be chosen again
          void pick(files);
        }}
      />
      {refused ? (
        <p role="alert" className="mt-2 text-sm text-(--danger-text)">
          {refused}
        </p>
      ) : null}
    </div>
  );
}
