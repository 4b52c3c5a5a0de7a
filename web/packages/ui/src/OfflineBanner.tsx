import { WifiOff } from "lucide-react";

import { useUiTexts } from "./texts/useUiTexts.ts";

/** Says that there is no connection, and what that means; `waiting`: how many actions are queued, in words. */
export function OfflineBanner({ waiting }: { waiting?: string | undefined }) {
  const text = useUiTexts().offline;
  return (
    <div role="status" className="flex shrink-0 items-start gap-3 bg-(--warning-soft) px-4 py-2.5 text-sm text-(--warning-text)">
      <WifiOff className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      <p>
        <strong className="font-semibold">{text.title}.</strong> {waiting ?? text.body}
      </p>
    </div>
  );
}
