import type { ReactNode } from "react";

/** Names and values below each other; `Fact` is one of them. */
export function Facts({ children, className = "" }: { children: ReactNode; className?: string }) {
  return <dl className={`grid grid-cols-[minmax(6rem,max-content)_minmax(0,1fr)] gap-x-5 gap-y-2 text-sm ${className}`}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-(--muted)">{name}</dt>
      <dd className="wrap-break-word">{children}</dd>
    </>
  );
}
