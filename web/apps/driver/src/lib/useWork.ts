import { useTranslations } from "use-intl";

/** What the job is, in words: the bike's problem, or the load. */
export function useWork(): (kind: string, problem: string | null) => string {
  const text = useTranslations("work");
  return (kind, problem) => {
    const key = kind === "rescue" ? (problem ?? "other") : kind;
    return text.has(key as never) ? text(key as never) : text("other");
  };
}
