import { Button } from "../Button.tsx";

interface SubmitButtonProps {
  label: string;
  pendingLabel: string;
  pending: boolean;
  /** It cannot be sent yet. */
  blocked?: boolean;
  variant?: "primary" | "danger";
  className?: string;
}

/** The button that sends a form.  While it is being sent the button says so and ignores clicks, but keeps the focus. */
export function SubmitButton({ label, pendingLabel, pending, blocked = false, variant = "primary", className = "" }: SubmitButtonProps) {
  return (
    <Button type="submit" variant={variant} aria-disabled={pending || blocked} className={`${pending || blocked ? "opacity-60" : ""} ${className}`}>
      {pending ? pendingLabel : label}
    </Button>
  );
}
