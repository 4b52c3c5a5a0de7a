import { Button } from "@supportcarr/ui/Button";
import { Outlet } from "@tanstack/react-router";

import { texts } from "../lib/texts.ts";
import { ConsoleNav } from "./ConsoleNav.tsx";
import { useTheme } from "./theme.ts";
import { useLeave } from "./useLeave.ts";

/** The pages without a map: one column that scrolls, below the same header. */
export function OfficeLayout() {
  const { theme, toggle } = useTheme();
  const leave = useLeave();
  const otherTheme = theme === "dark" ? texts.header.light : texts.header.dark;
  return (
    <div className="flex min-h-full flex-col gap-3 p-3">
      <header className="flex flex-wrap items-center gap-x-6 gap-y-2 rounded-xl border border-(--border) bg-(--surface) px-4 py-2">
        <div className="flex items-center gap-2.5">
          <img src="/admin/icon.svg" alt="" className="size-8" />
          <span className="text-base font-semibold whitespace-nowrap">{texts.product}</span>
        </div>
        <ConsoleNav className="flex-1 max-sm:order-last max-sm:basis-full max-sm:overflow-x-auto" />
        <div className="ml-auto flex items-center gap-1 text-sm">
          <Button variant="ghost" onClick={toggle} aria-label={texts.header.theme(otherTheme)}>
            {otherTheme}
          </Button>
          <Button variant="ghost" onClick={leave}>
            {texts.header.signOut}
          </Button>
        </div>
      </header>
      <main className="mx-auto w-full max-w-7xl flex-1 px-1 py-3 sm:px-4">
        <Outlet />
      </main>
    </div>
  );
}
