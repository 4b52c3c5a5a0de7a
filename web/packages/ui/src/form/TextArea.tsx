import type { TextareaHTMLAttributes } from "react";

import { FieldFrame, type FieldFrameProps } from "./FieldFrame.tsx";

type TextAreaProps = TextareaHTMLAttributes<HTMLTextAreaElement> & Omit<FieldFrameProps, "className"> & { name: string };

/** A labelled input of several lines. */
export function TextArea({ label, hint, error, className = "", rows = 3, ...input }: TextAreaProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error} className={className}>
      {(control) => <textarea {...input} {...control} rows={rows} className={`${control.className} mt-1 block`} />}
    </FieldFrame>
  );
}
