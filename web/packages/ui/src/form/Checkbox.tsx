import type { InputHTMLAttributes, ReactNode } from "react";

/** A checkbox with its label beside it. */
export function Checkbox({ label, className = "", ...input }: Omit<InputHTMLAttributes<HTMLInputElement>, "type"> & { label: ReactNode }) {
  return (
    <label className={`flex min-h-6 items-start gap-2.5 text-sm pointer-coarse:min-h-11 pointer-coarse:py-2.5 ${className}`}>
      <input {...input} type="checkbox" className="mt-0.5 size-4 shrink-0 accent-(--accent)" />
      <span>{label}</span>
    </label>
  );
}
