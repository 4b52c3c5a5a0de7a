import { useState } from "react";

import { useUiTexts } from "./texts/useUiTexts.ts";
import { Button } from "./Button.tsx";

interface CopyFieldProps {
  /** As it is shown. */
  children: string;
  /** As it is copied. */
  value: string;
  copyLabel: string;
  testId?: string;
}

/** A secret in fixed-width letters with a button that copies it; the button says that it has. */
export function CopyField({ children, value, copyLabel, testId }: CopyFieldProps) {
  const uiTexts = useUiTexts();
  const [copied, setCopied] = useState(false);
  return (
    <div className="flex items-center justify-between gap-3 rounded-lg border border-(--border) bg-(--background) py-1 pr-1 pl-3">
      <code data-testid={testId} className="min-w-0 text-sm wrap-anywhere">
        {children}
      </code>
      <Button variant="ghost" className="shrink-0 text-sm" onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}>
        <span role="status">{copied ? uiTexts.totp.copied : copyLabel}</span>
      </Button>
    </div>
  );
}
