import { isLanguage, LANGUAGES } from "@supportcarr/i18n/languages";
import { setLanguage, useLanguage } from "@supportcarr/i18n/useLanguage";
import { Globe } from "lucide-react";
import { useTranslations } from "use-intl";

/** Chooses the language of the app in this browser. */
export function LanguageChoice({ onChosen }: { onChosen?: (language: keyof typeof LANGUAGES) => void }) {
  const text = useTranslations("common");
  const language = useLanguage((state) => state.language);
  return (
    <label className="inline-flex min-h-11 items-center gap-2 text-sm">
      <Globe aria-hidden="true" className="size-5 text-(--muted)" />
      <span className="sr-only">{text("language")}</span>
      <select
        value={language}
        onChange={({ target }) => {
          if (!isLanguage(target.value)) return;
          setLanguage(target.value);
          onChosen?.(target.value);
        }}
        className="min-h-11 rounded-lg bg-transparent pr-2"
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
