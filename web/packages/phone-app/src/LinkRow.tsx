import { LIST_ROW, ListRowContent } from "@supportcarr/ui/ListRow";
import { Link, type LinkProps } from "@tanstack/react-router";
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
export function LinkRow({ to, params, ...content }: LinkRowProps) {
  return (
    <Link {...({ to, params } as LinkProps)} className={LIST_ROW}>
      <ListRowContent {...content} leads />
    </Link>
  );
}
