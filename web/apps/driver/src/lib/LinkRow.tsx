import { Link, type LinkProps } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

interface LinkRowProps {
  to: LinkProps["to"];
  params?: LinkProps["params"];
  icon: ReactNode;
  title: string;
  detail?: ReactNode;
  end?: ReactNode;
}

/** A row of a list that leads to another screen of the app. */
export function LinkRow({ to, params, icon, title, detail, end }: LinkRowProps) {
  return (
    <Link {...({ to, params } as LinkProps)} className="-mx-2 flex min-h-14 items-center gap-3 rounded-xl px-2 py-2.5 hover:bg-(--hover)">
      <span aria-hidden="true" className="shrink-0 text-(--muted)">
        {icon}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block wrap-anywhere">{title}</span>
        {detail ? <span className="block text-sm text-(--muted) wrap-anywhere">{detail}</span> : null}
      </span>
      {end}
      <ChevronRight aria-hidden="true" className="size-5 shrink-0 text-(--muted)" />
    </Link>
  );
}
