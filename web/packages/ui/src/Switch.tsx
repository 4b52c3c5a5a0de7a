import * as RadixSwitch from "@radix-ui/react-switch";
import { useId } from "react";

interface SwitchProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

/** Something that is on or off, and takes effect at once. */
export function Switch({ label, hint, checked, disabled = false, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex min-h-14 items-center gap-3 py-2">
      <label htmlFor={id} className="min-w-0 flex-1">
        <span className="block">{label}</span>
        {hint ? (
          <span id={`${id}-hint`} className="block text-sm text-(--muted)">
            {hint}
          </span>
        ) : null}
      </label>
      <RadixSwitch.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
        {...(hint ? { "aria-describedby": `${id}-hint` } : {})}
        className="relative h-8 w-13 shrink-0 rounded-full border border-(--border-strong) bg-(--hover) transition-colors before:absolute before:-inset-2 data-[state=checked]:border-(--accent) data-[state=checked]:bg-(--accent) disabled:opacity-60"
      >
        <RadixSwitch.Thumb className="block size-6 translate-x-0.75 rounded-full bg-(--border-strong) transition-transform data-[state=checked]:translate-x-6 data-[state=checked]:bg-(--on-accent)" />
      </RadixSwitch.Root>
    </div>
  );
}
