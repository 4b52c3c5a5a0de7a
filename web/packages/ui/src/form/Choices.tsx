import { type ReactNode, useId } from "react";

import { FieldError, FieldHint } from "./FieldFrame.tsx";

export interface Choice {
  value: string;
  label: string;
  /** What it means, below the label. */
  about?: string;
  /** A picture of it, before the label. */
  icon?: ReactNode;
}

interface ChoicesProps {
  legend: string;
  name: string;
  choices: readonly Choice[];
  /** Several may be chosen. */
  multiple?: boolean;
  chosen?: readonly string[];
  hint?: ReactNode;
  error?: string | undefined;
  /** How many stand beside each other where there is room. */
  columns?: 1 | 2;
  required?: boolean;
  className?: string;
}

/** Radio buttons or checkboxes of one name, each a box that can be tapped as a whole. */
export function Choices({ legend, name, choices, multiple = false, chosen = [], hint, error, columns = 2, required = false, className = "" }: ChoicesProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <fieldset aria-describedby={described || undefined} className={`min-w-0 ${className}`}>
      <legend className="text-sm font-semibold">{legend}</legend>
      <div className={`mt-1 grid gap-2 ${columns === 2 ? "sm:grid-cols-2" : ""}`}>
        {choices.map(({ value, label, about, icon }) => (
          <label
            key={value}
            className={`flex items-start gap-2.5 rounded-control border px-3 py-2.5 text-sm has-checked:border-(--accent) bg-(--surface-raised) has-checked:bg-(--selected) has-checked:ring-1 has-checked:ring-(--accent) has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-(--accent) ${error ? "border-(--danger)" : "border-(--border-strong)"}`}
          >
            <input
              type={multiple ? "checkbox" : "radio"}
              name={name}
              value={value}
              defaultChecked={chosen.includes(value)}
              required={required && !multiple}
              aria-invalid={error ? true : undefined}
              className="mt-0.5 size-4 shrink-0 accent-(--accent)"
            />
            {icon ? <span className="-my-0.5 shrink-0 text-(--accent-text) [&_svg]:size-6">{icon}</span> : null}
            <span className="min-w-0">
              <span className="block font-medium wrap-break-word">{label}</span>
              {about ? <span className="mt-0.5 block text-xs text-(--muted)">{about}</span> : null}
            </span>
          </label>
        ))}
      </div>
      {error ? <FieldError id={`${id}-error`}>{error}</FieldError> : null}
      {hint ? <FieldHint id={`${id}-hint`}>{hint}</FieldHint> : null}
    </fieldset>
  );
}
