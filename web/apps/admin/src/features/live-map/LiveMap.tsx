import "./map.css";

import { useEffect, useRef, useState } from "react";

import { useArea } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { texts } from "../../lib/texts.ts";
import { choose, type MapConfig } from "./choose.ts";
import { type CityMap, openMap, type Plan } from "./cityMap.ts";
import { Key } from "./Key.tsx";

const text = texts.map;

/** Trucks moving and rescues waiting, drawn from the city's state. */
export function LiveMap({ config, dark, covered, className }: { config: MapConfig; dark: boolean; covered: Plan["covered"]; className: string }) {
  const area = useArea();
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<CityMap | null>(null);
  const wishedDark = useRef(dark);
  const [trouble, setTrouble] = useState<"none" | "plain" | null>(null);
  const offline = useCity((city) => city.connection === "offline");

  useEffect(() => {
    let gone = false;
    const place = box.current;
    if (!place) return;
    openMap(place, { config, area, dark: wishedDark.current, onPlain: () => setTrouble("plain"), covered }).then(
      (opened) => {
        if (gone) {
          opened.close();
          return;
        }
        map.current = opened;
        opened.setDark(wishedDark.current);
      },
      () => {
        if (!gone) setTrouble("none");
      },
    );
    return () => {
      gone = true;
      map.current?.close();
      map.current = null;
    };
  }, [config, area, covered]);

  useEffect(() => {
    wishedDark.current = dark;
    map.current?.setDark(dark);
  }, [dark]);

  return (
    <section aria-label={text.title} className={`city-map relative flex min-h-0 flex-col overflow-hidden rounded-xl border border-(--line) bg-(--panel) ${className}`}>
      <h2 className="sr-only">{text.title}</h2>
      <div className="relative min-h-0 flex-1">
        <div ref={box} className={`h-full w-full transition-opacity ${offline ? "opacity-60" : ""}`} data-testid="map" />
      </div>
      <div className="pointer-events-none absolute inset-x-14 top-3 flex flex-col items-center gap-2 text-center text-sm">
        {offline ? <Note>{text.stale}</Note> : null}
        {trouble ? <Note>{text[trouble]}</Note> : null}
      </div>
      {trouble === "none" ? null : <Key ownPaper={trouble === "plain" || !choose(config, area, dark).foreign} />}
    </section>
  );
}

function Note({ children }: { children: string }) {
  return (
    <p role="status" className="rounded-lg border border-(--line) bg-(--panel) px-3 py-1.5 shadow-sm">
      {children}
    </p>
  );
}
