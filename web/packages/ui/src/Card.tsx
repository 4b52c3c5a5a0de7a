import { type ReactNode, useId } from "react";

interface CardProps {
  title: string;
  /** What the card is for, below its title. */
  about?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** A titled section of a page that scrolls as a whole. */
export function Card({ title, about, children, className = "" }: CardProps) {
  const titleId = useId();
  return (
    <section aria-labelledby={titleId} className={`rounded-2xl border border-(--border) bg-(--surface) p-4 shadow-[0_1px_2px_rgb(11_43_47/0.05)] sm:p-6 ${className}`}>
      <h2 id={titleId} className="text-lg font-bold">
        {title}
      </h2>
      {about ? <p className="mt-1 text-sm text-(--muted)">{about}</p> : null}
      <div className="mt-4">{children}</div>
    </section>
  );
}
