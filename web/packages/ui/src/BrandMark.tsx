interface BrandMarkProps {
  className?: string;
  /** Without the dark tile, in one colour: that of the text. */
  plain?: boolean;
}

/** The half of the bike's wheel that is seen above the bed, and the pickup; on a grid of 32. */
export const WHEEL = "M4.5 15.8a6.6 6.6 0 1 1 10.8 0h-2.99a4.5 4.5 0 1 0-4.82 0Z";
export const TRUCK =
  "M3 16.6h14.6v-4.9c0-.9.7-1.6 1.6-1.6h3.7c1 0 1.9.5 2.4 1.3l2.5 4.1 1 .4c.9.4 1.5 1.2 1.5 2.2v3.1c0 .9-.7 1.6-1.6 1.6h-1.1a3.9 3.9 0 0 0-7.6 0h-7.4a3.9 3.9 0 0 0-7.6 0h-.6c-.8 0-1.4-.6-1.4-1.4ZM20 12.5v3h5.3l-1.6-2.6a.9.9 0 0 0-.8-.4Z";

/** The mark: a pickup from the side with a bike's wheel standing in its bed.  Its colours are the same in both schemes. */
export function BrandMark({ className = "size-9", plain = false }: BrandMarkProps) {
  const truck = plain ? "currentColor" : "#ffffff";
  const wheel = plain ? "currentColor" : "#f59e0b";
  return (
    <svg viewBox="0 0 32 32" className={`shrink-0 ${className}`} aria-hidden="true">
      {plain ? null : <rect width="32" height="32" rx="8" fill="#0b2b2f" />}
      <path d={WHEEL} fill={wheel} />
      <circle cx="9.9" cy="12" r="1.6" fill={wheel} />
      <path d={TRUCK} fillRule="evenodd" fill={truck} />
      <circle cx="8.8" cy="23.4" r="2.4" fill={truck} />
      <circle cx="23.8" cy="23.4" r="2.4" fill={truck} />
    </svg>
  );
}
