import { type InputHTMLAttributes, type ReactNode, useId } from "react";

export interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  name: string;
  /** What to enter, below the field. */
  hint?: ReactNode;
  /** What is wrong with the value. */
  error?: string | undefined;
  /** Beside the input, for example a button. */
  addition?: ReactNode;
}

/** A labelled input with its hint and its error, which a screen reader reads with it. */
export function Field({ label, hint, error, addition, className = "", ...input }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className={className}>
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      <div className="relative mt-1">
        <input
          {...input}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
          className={`w-full rounded-lg border bg-(--background) px-3 py-2.5 text-base ${addition ? "pr-16" : ""} ${error ? "border-rose-600 dark:border-rose-400" : "border-(--border-strong)"}`}
        />
        {addition}
      </div>
      {error ? (
        <p id={`${id}-error`} className="mt-1.5 text-sm text-rose-700 dark:text-rose-300">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className="mt-1.5 text-xs text-(--muted)">
          {hint}
        </p>
      ) : null}
    </div>
  );
}
