const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => String.fromCodePoint(word.codePointAt(0) ?? 0))
    .join("")
    .toLocaleUpperCase();

/** A person's photo, or the initials of the name; the name itself stands beside it. */
export function Avatar({ name, photoUrl, className = "size-14" }: { name: string; photoUrl?: string | null | undefined; className?: string }) {
  if (photoUrl) return <img src={photoUrl} alt="" className={`${className} shrink-0 rounded-full object-cover`} />;
  return (
    <span aria-hidden="true" className={`display flex shrink-0 items-center justify-center rounded-full bg-(--selected) text-lg font-bold text-(--accent-text) ${className}`}>
      {initialsOf(name)}
    </span>
  );
}
