import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

export interface ListRowProps {
  icon?: ReactNode;
  title: ReactNode;
  detail?: ReactNode;
  /** At its end; a row that leads somewhere has an arrow there otherwise. */
  end?: ReactNode;
  onPress?: () => void;
  href?: string;
}

/** How a row looks, for links of a router. */
export const LIST_ROW = "flex min-h-14 w-full items-center gap-3 rounded-xl px-1 py-2 text-left transition-colors hover:bg-(--hover)";

export function ListRowContent({ icon, title, detail, end, leads = false }: Omit<ListRowProps, "onPress" | "href"> & { leads?: boolean }) {
  return (
    <>
      {icon ? <span className="flex size-10 shrink-0 items-center justify-center rounded-full bg-(--selected) text-(--accent-text) max-[16rem]:hidden">{icon}</span> : null}
      <span className="min-w-0 flex-1">
        <span className="block font-medium wrap-anywhere">{title}</span>
        {detail ? <span className="block text-sm text-(--muted) wrap-anywhere">{detail}</span> : null}
      </span>
      {end ?? (leads ? <ChevronRight className="size-5 shrink-0 text-(--muted)" aria-hidden="true" /> : null)}
    </>
  );
}

/** One line of a list, with an icon before it and something at its end. */
export function ListRow({ onPress, href, ...content }: ListRowProps) {
  if (href)
    return (
      <a href={href} className={LIST_ROW}>
        <ListRowContent {...content} leads />
      </a>
    );
  if (onPress)
    return (
      <button type="button" onClick={onPress} className={LIST_ROW}>
        <ListRowContent {...content} leads />
      </button>
    );
  return (
    <div className="flex min-h-14 w-full items-center gap-3 px-1 py-2">
      <ListRowContent {...content} />
    </div>
  );
}
