const initialsOf = (name: string) => name.split(/\s+/).map((word) => word[0] ?? "").slice(0, 2).join("").toUpperCase();

export function Avatar({ name, photoUrl }: { name: string; photoUrl?: string | null | undefined }) {
  if (photoUrl) return <img src={photoUrl} alt="" className="size-14 rounded-full object-cover" />;
  return <span aria-hidden="true" className="flex size-14 shrink-0 items-center justify-center rounded-full bg-(--selected) text-lg font-semibold">{initialsOf(name)}</span>;
}
