import type { SelectHTMLAttributes } from "react";

import { FieldFrame, type FieldFrameProps } from "./FieldFrame.tsx";

export interface Option {
  value: string;
  label: string;
}

type SelectProps = SelectHTMLAttributes<HTMLSelectElement> & Omit<FieldFrameProps, "className"> & { name: string; options: readonly Option[] };

/** A labelled choice of one of several. */
export function Select({ label, hint, error, className = "", options, ...select }: SelectProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error} className={className}>
      {(control) => (
        <select {...select} {...control} className={`${control.className} mt-1 block min-h-11.5`}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </FieldFrame>
  );
}
