import { useFormats } from "@supportcarr/i18n/useFormats";
import { useTranslations } from "use-intl";

import { useOnline } from "./shell/useOnline.ts";

interface LastKnownProps {
  /** When what is shown was loaded, in ms of the device; 0: never. */
  at: number;
  /** Whether the platform tells what changes. */
  connected: boolean;
}

/** Says when what is shown was so, while nothing newer can be known. */
export function LastKnown({ at, connected }: LastKnownProps) {
  const text = useTranslations("connection");
  const formats = useFormats();
  const online = useOnline();
  if ((online && connected) || at === 0) return null;
  return (
    <p role="status" className="text-sm text-(--warning-text)">
      {text("lastKnown", { time: formats.time(at) })}
    </p>
  );
}
