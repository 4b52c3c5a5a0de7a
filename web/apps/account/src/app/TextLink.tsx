import { Link, type LinkProps } from "@tanstack/react-router";

/** A link within a text. */
export function TextLink({ className = "", ...props }: LinkProps & { className?: string }) {
  return <Link {...props} className={`font-medium text-(--accent-text) underline decoration-1 underline-offset-4 hover:decoration-2 ${className}`} />;
}
