import { Link, type LinkProps } from "@tanstack/react-router";

/** A link to the list that a page belongs to, above its title. */
export function BackLink({ children, ...props }: LinkProps & { children: string }) {
  return (
    <Link {...props} className="mb-3 inline-flex min-h-6 items-center gap-1.5 text-sm text-(--muted) underline-offset-4 hover:text-(--text) hover:underline">
      <svg viewBox="0 0 16 16" className="size-3.5" aria-hidden="true">
        <path d="M10 3 5 8l5 5" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" fill="none" />
      </svg>
      {children}
    </Link>
  );
}
