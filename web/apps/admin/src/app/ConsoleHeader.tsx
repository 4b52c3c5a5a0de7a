import { BrandMark } from "@supportcarr/ui/BrandMark";
import { Button } from "@supportcarr/ui/Button";
import { useNavigate } from "@tanstack/react-router";

import { ConnectionStatus } from "../features/overview/ConnectionStatus.tsx";
import { Counters } from "../features/overview/Counters.tsx";
import { type Area, useArea } from "../lib/area.ts";
import { texts } from "../lib/texts.ts";
import { ConsoleNav } from "./ConsoleNav.tsx";
import { ThemeButton } from "./ThemeButton.tsx";
import { useLeave } from "./useLeave.ts";

export function ConsoleHeader({ areas }: { areas: readonly Area[] }) {
  const leave = useLeave();

  return (
    <header className="flex flex-wrap items-center gap-x-6 gap-y-2 rounded-xl border border-(--border) bg-(--surface) px-4 py-2 shadow-[0_1px_2px_rgb(11_43_47/0.05)]">
      <div className="flex items-center gap-2.5">
        <BrandMark className="size-9" />
        <h1 className="text-lg font-bold whitespace-nowrap">{texts.product}</h1>
        <AreaName areas={areas} />
      </div>
      <ConsoleNav className="max-md:order-1 max-md:basis-full" />
      <div className="ml-auto flex items-center gap-1 text-sm">
        <ConnectionStatus />
        <ThemeButton />
        <Button variant="ghost" onClick={leave}>
          {texts.header.signOut}
        </Button>
      </div>
      <Counters className="order-last basis-full" />
    </header>
  );
}

/** The name of the area, or a choice where there are several. */
function AreaName({ areas }: { areas: readonly Area[] }) {
  const area = useArea();
  const navigate = useNavigate();
  if (areas.length < 2) return <span className="whitespace-nowrap text-(--muted)">{area.name}</span>;
  return (
    <select
      aria-label={texts.header.area}
      value={area.id}
      onChange={(event) => void navigate({ to: "/", search: { area: event.target.value } })}
      className="rounded-md border border-(--border) bg-(--surface) px-2 py-1 text-sm"
    >
      {areas.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
