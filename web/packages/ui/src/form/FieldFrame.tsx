import { type ReactNode, useId } from "react";

export interface FieldFrameProps {
  label: string;
  /** What to enter, below the field. */
  hint?: ReactNode;
  /** What is wrong with the value. */
  error?: string | undefined;
  className?: string;
}

/** What the control inside a frame needs so that a screen reader reads label, hint and error with it. */
export interface ControlProps {
  id: string;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
  className: string;
}

/** The label of a control, above it, with its hint and its error below. */
export function FieldFrame({ label, hint, error, className = "", children }: FieldFrameProps & { children: (control: ControlProps) => ReactNode }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  const border = error ? "border-rose-600 dark:border-rose-400" : "border-(--border-strong)";
  return (
    <div className={className}>
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      {children({
        id,
        "aria-invalid": error ? true : undefined,
        "aria-describedby": described || undefined,
        className: `w-full rounded-lg border bg-(--background) px-3 py-2.5 text-base ${border}`,
      })}
      {error ? <FieldError id={`${id}-error`}>{error}</FieldError> : null}
      {hint ? <FieldHint id={`${id}-hint`}>{hint}</FieldHint> : null}
    </div>
  );
}

export const FieldError = ({ id, children }: { id: string; children: ReactNode }) => (
  <p id={id} className="mt-1.5 text-sm text-rose-700 dark:text-rose-300">
    {children}
  </p>
);

export const FieldHint = ({ id, children }: { id: string; children: ReactNode }) => (
  <p id={id} className="mt-1.5 text-xs text-(--muted)">
    {children}
  </p>
);
