import { toProblem } from "@supportcarr/client/http";
import { CloudOff } from "lucide-react";

import { Button } from "./Button.tsx";
import { problemText } from "./form/useSubmission.ts";
import { useUiTexts } from "./texts/useUiTexts.ts";

/** In place of what could not be loaded: why, and a way to try again. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const text = useUiTexts();
  return (
    <div role="alert" className="flex flex-col items-center px-6 py-10 text-center">
      <span className="flex size-14 items-center justify-center rounded-full bg-(--danger-soft) text-(--danger-text)">
        <CloudOff className="size-6" aria-hidden="true" />
      </span>
      <p className="mt-4 font-semibold">{text.failedTitle}</p>
      <p className="mt-1 max-w-prose text-sm text-(--muted)">{problemText(toProblem(error))}</p>
      {onRetry ? (
        <Button variant="secondary" className="mt-5" onClick={onRetry}>
          {text.tryAgain}
        </Button>
      ) : null}
    </div>
  );
}
