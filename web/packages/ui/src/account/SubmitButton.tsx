import { Button } from "../Button.tsx";

interface SubmitButtonProps {
  label: string;
  pendingLabel: string;
  pending: boolean;
  variant?: "primary" | "danger";
  className?: string;
}

/** The button that sends a form.  While it is being sent the button says so and ignores clicks, but keeps the focus. */
export function SubmitButton({ label, pendingLabel, pending, variant = "primary", className = "" }: SubmitButtonProps) {
  return (
    <Button type="submit" variant={variant} aria-disabled={pending} className={`${pending ? "opacity-60" : ""} ${className}`}>
      {pending ? pendingLabel : label}
    </Button>
  );
}
