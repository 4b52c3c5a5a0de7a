import { BrandMark } from "@supportcarr/ui/BrandMark";
import { Button } from "@supportcarr/ui/Button";
import { Outlet } from "@tanstack/react-router";

import { texts } from "../lib/texts.ts";
import { ConsoleNav } from "./ConsoleNav.tsx";
import { ThemeButton } from "./ThemeButton.tsx";
import { UnreachableNotice } from "./UnreachableNotice.tsx";
import { useLeave } from "./useLeave.ts";

/** The pages without a map: one column that scrolls, below the same header. */
export function OfficeLayout() {
  const leave = useLeave();
  return (
    <div className="flex min-h-full flex-col gap-3 p-3">
      <header className="flex flex-wrap items-center gap-x-6 gap-y-2 rounded-xl border border-(--border) bg-(--surface) px-4 py-2 shadow-[0_1px_2px_rgb(11_43_47/0.05)]">
        <div className="flex items-center gap-2.5">
          <BrandMark className="size-9" />
          <span className="display text-lg font-bold whitespace-nowrap">{texts.product}</span>
        </div>
        <ConsoleNav className="flex-1 max-md:order-last max-md:basis-full" />
        <div className="ml-auto flex items-center gap-1 text-sm">
          <ThemeButton />
          <Button variant="ghost" onClick={leave}>
            {texts.header.signOut}
          </Button>
        </div>
      </header>
      <UnreachableNotice />
      <main className="mx-auto w-full max-w-7xl flex-1 px-1 py-3 sm:px-4">
        <Outlet />
      </main>
    </div>
  );
}
