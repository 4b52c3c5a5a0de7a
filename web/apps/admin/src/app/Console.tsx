import type { PublicConfig } from "@supportcarr/client/src/config.ts";
import { Button } from "@supportcarr/ui/src/Button.tsx";
import { useState } from "react";

import { EventStream } from "../features/activity/EventStream.tsx";
import { LiveMap } from "../features/live-map/LiveMap.tsx";
import { Connection } from "../features/overview/Connection.tsx";
import { Counters } from "../features/overview/Counters.tsx";
import { RescueBoard } from "../features/rescues/RescueBoard.tsx";
import { RescueSheet } from "../features/rescues/RescueSheet.tsx";
import { useArea } from "../lib/area.ts";
import { leave } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { useTheme } from "./theme.ts";
import { useLiveCity } from "./useLiveCity.ts";

/** How much of the map's right side the sheet of a rescue covers. */
function underSheet(): number {
  const sheet = document.querySelector("main [role=dialog]")?.getBoundingClientRect();
  const map = document.querySelector("main [data-testid=map]")?.getBoundingClientRect();
  return sheet && map ? Math.max(0, map.right - sheet.left) : 0;
}

/**
 * Three columns where there is room, two on a small desktop (the events below the rescues), one on a
 * phone, where the page scrolls and the map comes first.
 */
export function Console({ config }: { config: PublicConfig }) {
  const area = useArea();
  useLiveCity(config, area.id);
  const { theme, toggle } = useTheme();
  const [main, setMain] = useState<HTMLElement | null>(null);
  const other = theme === "dark" ? texts.header.light : texts.header.dark;
  return (
    <div className="flex min-h-full flex-col gap-3 p-3 lg:h-full">
      <header className="flex flex-wrap items-center gap-x-6 gap-y-2 rounded-xl border border-(--line) bg-(--panel) px-4 py-2 2xl:flex-nowrap">
        <div className="flex items-center gap-2.5">
          <img src="/admin/icon.svg" alt="" className="size-8" />
          <h1 className="text-base font-semibold whitespace-nowrap">
            {texts.product} <span className="font-normal text-(--quiet)">{area.name}</span>
          </h1>
        </div>
        <Counters className="order-last basis-full xl:order-none xl:flex-1 xl:basis-0" />
        <div className="ml-auto flex items-center gap-1 text-sm xl:ml-0">
          <Connection />
          <Button look="quiet" onClick={toggle} aria-label={texts.header.theme(other)}>
            {other}
          </Button>
          <Button look="quiet" onClick={leave}>
            {texts.header.signOut}
          </Button>
        </div>
      </header>
      <main
        ref={setMain}
        className="relative grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] gap-3 lg:grid-cols-[18rem_minmax(0,1fr)] lg:grid-rows-[minmax(0,3fr)_minmax(0,2fr)] xl:grid-cols-[19rem_minmax(0,1fr)_18rem] xl:grid-rows-[minmax(0,1fr)] 2xl:grid-cols-[21rem_minmax(0,1fr)_20rem]"
      >
        <RescueBoard className="order-2 max-h-[70svh] lg:order-none lg:max-h-none" />
        <LiveMap
          config={config.map}
          dark={theme === "dark"}
          covered={underSheet}
          className="order-1 h-[48svh] lg:order-none lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:h-auto xl:row-span-1"
        />
        <EventStream className="order-3 max-h-[70svh] lg:order-none lg:col-start-1 lg:row-start-2 lg:max-h-none xl:col-start-3 xl:row-start-1" />
        <RescueSheet place={main} />
      </main>
    </div>
  );
}
