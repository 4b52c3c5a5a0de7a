import { CircleAlert } from "lucide-react";
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
  const border = error ? "border-(--danger)" : "border-(--border-strong)";
  return (
    <div className={className}>
      <label htmlFor={id} className="block text-sm font-semibold">
        {label}
      </label>
      {children({
        id,
        "aria-invalid": error ? true : undefined,
        "aria-describedby": described || undefined,
        className: `min-h-11.5 w-full rounded-control border bg-(--surface-raised) px-3.5 py-2.5 text-base transition-colors hover:border-(--accent) disabled:opacity-60 ${border}`,
      })}
      {error ? <FieldError id={`${id}-error`}>{error}</FieldError> : null}
      {hint ? <FieldHint id={`${id}-hint`}>{hint}</FieldHint> : null}
    </div>
  );
}

export const FieldError = ({ id, children }: { id: string; children: ReactNode }) => (
  <p id={id} className="mt-1.5 flex items-start gap-1.5 text-sm font-medium text-(--danger-text)">
    <CircleAlert className="mt-[0.15em] size-[1.1em] shrink-0" aria-hidden="true" />
    {children}
  </p>
);

export const FieldHint = ({ id, children }: { id: string; children: ReactNode }) => (
  <p id={id} className="mt-1.5 text-xs text-(--muted)">
    {children}
  </p>
);
