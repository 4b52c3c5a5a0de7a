import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { BrandMark } from "@supportcarr/ui/BrandMark";
import { BrandScene } from "@supportcarr/ui/BrandScene";
import { LanguageChoice } from "../../lib/LanguageChoice.tsx";
import { useDocumentTitle } from "../../lib/useDocumentTitle.ts";

const PRODUCT = "SupportCarr";
const BUTTON = "flex min-h-13 w-full items-center justify-center rounded-xl px-5 text-[1.0625rem] font-medium";

/** The first screen: what driving is about, and the two ways in. */
export function WelcomeScreen() {
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
        <h1 className="mt-6 text-[2.375rem] leading-tight font-bold text-balance">{text("title")}</h1>
        <p className="mt-3 text-[1.0625rem] text-(--muted)">{text("about")}</p>
        <ol className="mt-6 space-y-3">
          {(["apply", "online", "earn"] as const).map((step, index) => (
            <li key={step} className="flex items-start gap-3">
              <span aria-hidden="true" className="flex size-7 shrink-0 items-center justify-center rounded-full bg-(--selected) text-sm font-bold text-(--accent-text)">
                {index + 1}
              </span>
              <span className="pt-0.5">{text(`steps.${step}`)}</span>
            </li>
          ))}
        </ol>
      </div>
      <div className="space-y-3">
        <Link to="/sign-up" className={`${BUTTON} bg-(--accent) text-(--on-accent) hover:bg-(--accent-hover)`}>
          {text("signUp")}
        </Link>
        <Link to="/sign-in" className={`${BUTTON} border border-(--border-strong) bg-(--surface) hover:bg-(--hover)`}>
          {text("signIn")}
        </Link>
        <p className="flex flex-wrap justify-center gap-x-6 text-sm text-(--muted)">
          <a href="/" className="py-3 underline underline-offset-4">
            {text("ride")}
          </a>
          <Link to="/help" className="py-3 underline underline-offset-4">
            {text("help")}
          </Link>
        </p>
      </div>
    </main>
  );
}
