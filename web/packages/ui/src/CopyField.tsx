import { useUiTexts } from "./texts/useUiTexts.ts";
import { Button } from "./Button.tsx";
import { type CopyOutcome, useCopy } from "./useCopy.ts";

interface CopyFieldProps {
  /** As it is shown. */
  children: string;
  /** As it is copied. */
  value: string;
  copyLabel: string;
  testId?: string;
}

/** How the person copies what the page could not. */
export function CopyAdvice({ outcome }: { outcome: CopyOutcome | null }) {
  const uiTexts = useUiTexts();
  return (
    <p role="status" className={outcome === "selected" ? "mt-2 text-sm text-(--muted)" : "sr-only"}>
      {outcome === "selected" ? uiTexts.copyYourself : null}
    </p>
  );
}

/** A secret in fixed-width letters with a button that copies it; it says what has come of that. */
export function CopyField({ children, value, copyLabel, testId }: CopyFieldProps) {
  const uiTexts = useUiTexts();
  const { shown, outcome, copy } = useCopy<HTMLElement>(value);
  return (
    <div>
      <div className="flex items-center justify-between gap-3 rounded-lg border border-(--border) bg-(--background) py-1 pr-1 pl-3">
        <code ref={shown} data-testid={testId} className="min-w-0 text-sm wrap-anywhere">
          {children}
        </code>
        <Button variant="ghost" className="shrink-0 text-sm" onClick={() => void copy()}>
          <span role="status">{outcome === "copied" ? uiTexts.totp.copied : copyLabel}</span>
        </Button>
      </div>
      <CopyAdvice outcome={outcome} />
    </div>
  );
}
