interface BrandMarkProps {
  className?: string;
  /** Without the dark tile, in one colour: that of the text. */
  plain?: boolean;
}

/** The mark: a pickup from the side with a bike's wheel standing in its bed. */
export function BrandMark({ className = "size-9", plain = false }: BrandMarkProps) {
  const truck = plain ? "currentColor" : "#ffffff";
  const wheel = plain ? "currentColor" : "#f59e0b";
  const tyre = plain ? "currentColor" : "#2dd4bf";
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      {plain ? null : <rect width="32" height="32" rx="8" fill="#0b2b2f" />}
      <circle cx="10.2" cy="11.4" r="4.9" fill="none" stroke={wheel} strokeWidth="1.9" />
      <path d="M10.2 11.4 10.2 6.6M10.2 11.4 14.4 13.8M10.2 11.4 6 13.8" stroke={wheel} strokeWidth="1.2" strokeLinecap="round" />
      <path d="M3.4 15.6h14.2v-4.4h4.6c.6 0 1.1.3 1.4.8l2.3 3.6 2 .8c.5.2.8.7.8 1.2v3.5H3.4z" fill={truck} />
      <circle cx="9" cy="21.4" r="3.1" fill={plain ? "var(--surface)" : "#0b2b2f"} stroke={tyre} strokeWidth="1.9" />
      <circle cx="22.8" cy="21.4" r="3.1" fill={plain ? "var(--surface)" : "#0b2b2f"} stroke={tyre} strokeWidth="1.9" />
    </svg>
  );
}
