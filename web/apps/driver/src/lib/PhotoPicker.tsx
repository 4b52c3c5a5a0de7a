import { contentTypeOf, MAX_UPLOAD_BYTES } from "@supportcarr/client/uploads";
import { Camera } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";

const PICTURES = new Set(["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]);

/** Why a file cannot be a photo of the job; `null` if it can. */
function refusalOf(file: File): "wrongType" | "tooLarge" | null {
  if (!PICTURES.has(contentTypeOf(file))) return "wrongType";
  return file.size > MAX_UPLOAD_BYTES ? "tooLarge" : null;
}

/** Takes photos with the camera, or chooses them from the library. */
export function PhotoPicker({ label, onPick }: { label: string; onPick: (files: File[]) => void }) {
  const text = useTranslations("photos");
  const input = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState<string | null>(null);
  return (
    <div>
      <Button variant="secondary" block icon={<Camera aria-hidden="true" className="size-5" />} onClick={() => input.current?.click()}>
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        aria-label={label}
        accept="image/jpeg,image/png,image/webp,image/heic,.heic"
        multiple
        capture="environment"
        className="hidden"
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = ""; // so that the same file can be chosen again
          const refusal = files.map(refusalOf).find(Boolean);
          setRefused(refusal ? text(refusal) : null);
          const accepted = files.filter((file) => refusalOf(file) === null);
          if (accepted.length) onPick(accepted);
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
