import { useState } from "react";

import { texts } from "../../lib/texts.ts";
import { drawIconUrls, pinIconName, truckIconName } from "./icons.ts";

const text = texts.map.legend;
const ENTRIES = [
  [truckIconName("free", true), text.free],
  [truckIconName("approaching", true), text.approaching],
  [truckIconName("loaded", true), text.loaded],
  [pinIconName("waiting"), text.waiting],
  [pinIconName("assigned"), text.assigned],
  [pinIconName("dropoff"), text.dropoff],
] as const;

/** Explains the icons of the map, and the demand circles of the built-in style. */
export function MapLegend({ builtInStyle }: { builtInStyle: boolean }) {
  const [iconUrls] = useState(drawIconUrls);
  return (
    <ul className="pointer-events-none flex flex-wrap gap-x-3 gap-y-0.5 border-(--border) px-3 py-1.5 text-xs max-sm:border-t sm:absolute sm:bottom-3 sm:left-3 sm:max-w-[min(32rem,calc(100%-9rem))] sm:rounded-lg sm:border sm:bg-(--surface)/90">
      {ENTRIES.map(([icon, label]) => (
        <li key={icon} className="flex items-center gap-1">
          <img src={iconUrls.get(icon)} alt="" className="size-5" />
          {label}
        </li>
      ))}
      {builtInStyle ? (
        <li className="flex items-center gap-1">
          <span className="m-0.5 size-4 rounded-full bg-teal-700/20 dark:bg-teal-400/25" />
          {text.demand}
        </li>
      ) : null}
    </ul>
  );
}
