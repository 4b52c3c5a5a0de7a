import { isLanguage, type Language, LANGUAGES } from "@supportcarr/i18n/languages";
import { BrandMark } from "@supportcarr/ui/BrandMark";
import { Chip } from "@supportcarr/ui/Chip";
import { Select } from "@supportcarr/ui/form/Select";
import { loadUiTexts } from "@supportcarr/ui/texts/useUiTexts";
import { setTheme, type ThemeSetting, useThemeSetting } from "@supportcarr/ui/theme";
import { Toasts } from "@supportcarr/ui/Toasts";
import { useEffect, useState } from "react";

import { texts } from "../lib/texts.ts";
import { Buttons, Chips, ChoiceCards, Fields, Lists } from "./Controls.tsx";
import { Brand, Colours, Type } from "./Foundations.tsx";
import { Messages, Offer, Price, Progress, SheetOverMap, States } from "./Patterns.tsx";

const SCHEMES: readonly ThemeSetting[] = ["system", "light", "dark"];

/** The whole design system on one page. */
export function GalleryPage() {
  const { setting } = useThemeSetting();
  const [language, setLanguage] = useState<Language>("en");
  useEffect(() => {
    void loadUiTexts(language);
  }, [language]);
  return (
    <>
      <header className="mx-auto flex max-w-6xl flex-wrap items-end justify-between gap-4 px-4 pt-8 sm:px-6">
        <div className="min-w-0">
          <p className="flex items-center gap-2 font-semibold">
            <BrandMark className="size-8" /> {texts.product}
          </p>
          <h1 className="mt-3 text-3xl leading-tight font-extrabold">{texts.title}</h1>
          <p className="mt-1 max-w-prose text-(--muted)">{texts.about}</p>
        </div>
        <div className="flex flex-wrap items-end gap-4">
          <div role="group" aria-label={texts.scheme} className="flex gap-2">
            {SCHEMES.map((scheme) => (
              <Chip key={scheme} pressed={setting === scheme} onPress={() => setTheme(scheme)}>
                {texts.schemes[scheme]}
              </Chip>
            ))}
          </div>
          <Select
            name="language"
            label={texts.language}
            value={language}
            onChange={(event) => {
              if (isLanguage(event.target.value)) setLanguage(event.target.value);
            }}
            options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          />
        </div>
      </header>
      <main className="mx-auto grid max-w-6xl grid-cols-[minmax(0,1fr)] items-start gap-4 px-4 py-6 sm:px-6 lg:grid-cols-2">
        <Brand />
        <Type />
        <Colours />
        <Buttons />
        <Chips />
        <Fields />
        <div className="min-w-0 space-y-4">
          <ChoiceCards />
          <Price />
        </div>
        <Lists />
        <Progress />
        <Offer />
        <SheetOverMap />
        <States />
        <Messages />
      </main>
      <Toasts />
    </>
  );
}
