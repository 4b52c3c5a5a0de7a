import type { PublicConfig } from "@supportcarr/client/src/config.ts";

import { EventStream } from "../features/activity/EventStream.tsx";
import { LiveMap } from "../features/live-map/LiveMap.tsx";
import { Counters } from "../features/overview/Counters.tsx";
import { RescueBoard } from "../features/rescues/RescueBoard.tsx";
import { RescueSheet } from "../features/rescues/RescueSheet.tsx";
import { useSession } from "../lib/session.ts";
import { useThemeStore } from "./theme.ts";
import { AREA, useLiveCity } from "./useLiveCity.ts";

export function Console({ config }: { config: PublicConfig }) {
  useLiveCity(config);
  const signOut = useSession((session) => session.signOut);
  const { theme, toggle } = useThemeStore();
  return (
    <div className="grid h-full grid-rows-[auto_1fr] gap-3 p-3">
      <header className="flex items-center gap-6 rounded-xl border border-(--line) bg-(--panel) px-4 py-2">
        <div className="flex items-center gap-2.5">
          <img src="/admin/icon.svg" alt="" className="size-8" />
          <h1 className="text-base font-semibold">
            SupportCarr <span className="font-normal text-(--quiet)">Montréal</span>
          </h1>
        </div>
        <Counters area={AREA} />
        <div className="flex items-center gap-1 text-sm">
          <button type="button" onClick={toggle} className="rounded-md px-2.5 py-1.5 text-(--quiet) hover:bg-(--hover)">
            {theme === "dark" ? "Light" : "Dark"}
          </button>
          <button type="button" onClick={signOut} className="rounded-md px-2.5 py-1.5 whitespace-nowrap text-(--quiet) hover:bg-(--hover)">
            Sign out
          </button>
        </div>
      </header>
      <main className="grid min-h-0 grid-cols-[20rem_1fr_19rem] gap-3">
        <RescueBoard area={AREA} />
        <LiveMap config={config} dark={theme === "dark"} />
        <EventStream />
      </main>
      <RescueSheet />
    </div>
  );
}
