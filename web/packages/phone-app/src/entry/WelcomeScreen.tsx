import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { BrandMark } from "@supportcarr/ui/BrandMark";
import { BrandScene } from "@supportcarr/ui/BrandScene";
import { linkProps } from "../appLinks.ts";
import { LanguageChoice } from "../LanguageChoice.tsx";
import { useDocumentTitle } from "../useDocumentTitle.ts";

const PRODUCT = "SupportCarr";
const BUTTON = "flex min-h-13 w-full items-center justify-center rounded-2xl px-5 font-semibold";

interface WelcomeScreenProps {
  /** What happens, in order. */
  steps: readonly string[];
  /** The way to the other app. */
  otherApp: { href: string; label: string };
}

/** The first screen: what the app is for, and the two ways in. */
export function WelcomeScreen({ steps, otherApp }: WelcomeScreenProps) {
  const text = useTranslations("welcome");
  useDocumentTitle(text("title"));
  return (
    <main className="mx-auto flex min-h-full max-w-md flex-col px-6 pt-[calc(1rem+env(safe-area-inset-top))] pb-[calc(1.5rem+env(safe-area-inset-bottom))]">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="display flex items-center gap-2.5 text-lg font-bold">
          <BrandMark className="size-9" /> {PRODUCT}
        </span>
        <LanguageChoice />
      </div>
      <div className="flex flex-1 flex-col justify-center py-6">
        <BrandScene className="h-40 sm:h-48" />
        <h1 className="mt-6 text-3xl leading-tight font-bold text-balance hyphens-auto wrap-anywhere max-[16rem]:text-2xl">{text("title")}</h1>
        <p className="mt-3 text-base text-(--muted)">{text("about")}</p>
        <ol className="mt-6 space-y-3">
          {steps.map((step, index) => (
            <li key={step} className="flex items-start gap-3">
              <span aria-hidden="true" className="flex size-7 shrink-0 items-center justify-center rounded-full bg-(--selected) text-sm font-bold text-(--accent-text)">
                {index + 1}
              </span>
              <span className="pt-0.5">{step}</span>
            </li>
          ))}
        </ol>
      </div>
      <div className="space-y-3">
        <Link {...linkProps({ to: "/sign-up" })} className={`${BUTTON} bg-(--accent) text-(--on-accent) hover:bg-(--accent-hover)`}>
          {text("signUp")}
        </Link>
        <Link {...linkProps({ to: "/sign-in" })} className={`${BUTTON} border border-(--border-strong) bg-(--surface) hover:bg-(--hover)`}>
          {text("signIn")}
        </Link>
        <p className="flex flex-wrap justify-center gap-x-3 text-sm text-(--muted)">
          <a href={otherApp.href} className="min-w-11 px-1.5 py-3 text-center underline underline-offset-4">
            {otherApp.label}
          </a>
          <Link {...linkProps({ to: "/help" })} className="min-w-11 px-1.5 py-3 text-center underline underline-offset-4">
            {text("help")}
          </Link>
        </p>
      </div>
    </main>
  );
}
