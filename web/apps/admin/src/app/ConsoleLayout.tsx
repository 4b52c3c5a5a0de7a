import type { PublicConfig } from "@supportcarr/client/config";
import { useThemeSetting } from "@supportcarr/ui/theme";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

import { ActivityFeed } from "../features/activity/ActivityFeed.tsx";
import { LiveMap } from "../features/live-map/LiveMap.tsx";
import { RescueBoard } from "../features/rescues/RescueBoard.tsx";
import { configQueries } from "../lib/api/config.ts";
import { AreaContext, useArea } from "../lib/area.ts";
import { texts } from "../lib/texts.ts";
import { ConsoleHeader } from "./ConsoleHeader.tsx";
import { MessagePage } from "./MessagePage.tsx";
import { UnreachableNotice } from "./UnreachableNotice.tsx";
import { useCitySync } from "./useCitySync.ts";

/** Loads the configuration, then shows the console for the selected area. */
export function ConsoleLayout() {
  const config = useQuery(configQueries.current());
  const { area: areaId } = useSearch({ from: "__root__" });
  const retry = () => void config.refetch();
  if (config.isError) return <MessagePage title={texts.page.unreachable} action={texts.tryAgain} onAction={retry} />;
  if (!config.data) return <p className="p-8 text-(--muted)">{texts.loading}</p>;
  const { areas } = config.data;
  const area = areas.find(({ id }) => id === areaId) ?? areas[0];
  if (!area) return <MessagePage title={texts.page.noArea} action={texts.tryAgain} onAction={retry} />;
  return (
    <AreaContext.Provider value={area}>
      <Console config={config.data} />
    </AreaContext.Provider>
  );
}

/** Width of the part of the map that the sheet of a rescue covers, in pixels. */
function getCoveredWidth(): number {
  const sheet = document.querySelector("main [role=dialog]")?.getBoundingClientRect();
  const map = document.querySelector("main [data-testid=map]")?.getBoundingClientRect();
  return sheet && map ? Math.max(0, map.right - sheet.left) : 0;
}

/**
 * Three columns on a wide screen, two on a narrower one (the events below the rescues).  On a phone one
 * column that scrolls, with the map first.
 */
function Console({ config }: { config: PublicConfig }) {
  const area = useArea();
  useCitySync(config, area.id);
  const dark = useThemeSetting(({ theme }) => theme === "dark");
  const { rescueId } = useParams({ strict: false });
  const navigate = useNavigate();
  const openRescue = useCallback((id: string) => void navigate({ to: "/rescues/$rescueId", params: { rescueId: id } }), [navigate]);
  return (
    <div className="flex min-h-full flex-col gap-3 p-3 lg:h-full">
      <ConsoleHeader areas={config.areas} />
      <UnreachableNotice />
      <main className="relative grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] gap-3 lg:grid-cols-[18rem_minmax(0,1fr)] lg:grid-rows-[minmax(0,3fr)_minmax(0,2fr)] xl:grid-cols-[19rem_minmax(0,1fr)_18rem] xl:grid-rows-[minmax(0,1fr)] 2xl:grid-cols-[21rem_minmax(0,1fr)_20rem]">
        <RescueBoard className="order-2 max-h-[70svh] lg:order-none lg:max-h-none" />
        <LiveMap
          config={config.map}
          dark={dark}
          selectedRescueId={rescueId ?? null}
          onSelectRescue={openRescue}
          getCoveredWidth={getCoveredWidth}
          className="order-1 h-[48svh] lg:order-none lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:h-auto xl:row-span-1"
        />
        <ActivityFeed className="order-3 max-h-[70svh] lg:order-none lg:col-start-1 lg:row-start-2 lg:max-h-none xl:col-start-3 xl:row-start-1" />
        <Outlet />
      </main>
    </div>
  );
}
