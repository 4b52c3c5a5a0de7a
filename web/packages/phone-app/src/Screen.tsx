import { Link, type LinkProps } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";

import { ScreenFrame } from "@supportcarr/ui/ScreenFrame";
import { useDocumentTitle } from "./useDocumentTitle.ts";

interface ScreenProps {
  title: string;
  /** Where the arrow leads; without one the screen is the first of its tab. */
  back?: LinkProps;
  actions?: ReactNode;
  footer?: ReactNode;
  children: ReactNode;
}

/** A screen of the phone: its title, the way back, what it holds, and what can be done at its foot. */
export function Screen({ title, back, actions, footer, children }: ScreenProps) {
  const text = useTranslations("common");
  useDocumentTitle(title);
  return (
    <ScreenFrame
      title={title}
      back={
        back ? (
          <Link {...back} aria-label={text("back")} className="inline-flex size-11 shrink-0 items-center justify-center rounded-full hover:bg-(--hover)">
            <ChevronLeft aria-hidden="true" className="size-6" />
          </Link>
        ) : undefined
      }
      actions={actions}
      footer={footer}
    >
      {children}
    </ScreenFrame>
  );
}
