import type { InputHTMLAttributes, ReactNode } from "react";

import { FieldFrame, type FieldFrameProps } from "./FieldFrame.tsx";

export interface FieldProps extends InputHTMLAttributes<HTMLInputElement>, Pick<FieldFrameProps, "hint" | "error"> {
  label: string;
  name: string;
  /** Beside the input, for example a button. */
  addition?: ReactNode;
  /** How the value looks, besides what all fields look like. */
  inputClassName?: string;
}

/** A labelled input with its hint and its error. */
export function Field({ label, hint, error, addition, inputClassName = "", className = "", ...input }: FieldProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error} className={className}>
      {(control) => (
        <div className="relative mt-1">
          <input {...input} {...control} className={`${control.className} ${addition ? "pr-20" : ""} ${inputClassName}`} />
          {addition}
        </div>
      )}
    </FieldFrame>
  );
}
