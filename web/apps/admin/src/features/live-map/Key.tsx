import { useState } from "react";

import { texts } from "../../lib/texts.ts";
import { pictures, pinIcon, truckIcon } from "./icons.ts";

const { key } = texts.map;
const SIGNS = [
  [truckIcon("free", true), key.free],
  [truckIcon("coming", true), key.coming],
  [truckIcon("loaded", true), key.loaded],
  [pinIcon("waiting"), key.waiting],
  [pinIcon("awaited"), key.awaited],
  [pinIcon("home"), key.home],
] as const;

/** What the signs on the map mean; `ownPaper`: also those that only our own style has. */
export function Key({ ownPaper }: { ownPaper: boolean }) {
  const [drawn] = useState(pictures);
  return (
    <ul className="pointer-events-none flex flex-wrap gap-x-3 gap-y-0.5 border-(--line) px-3 py-1.5 text-xs max-sm:border-t sm:absolute sm:bottom-3 sm:left-3 sm:max-w-[calc(100%-9rem)] sm:rounded-lg sm:border sm:bg-(--panel)/90">
      {SIGNS.map(([icon, text]) => (
        <li key={icon} className="flex items-center gap-1">
          <img src={drawn.get(icon)} alt="" className="size-5" />
          {text}
        </li>
      ))}
      {ownPaper ? (
        <li className="flex items-center gap-1">
          <span className="m-0.5 size-4 rounded-full bg-teal-700/20 dark:bg-teal-400/25" />
          {key.demand}
        </li>
      ) : null}
    </ul>
  );
}
