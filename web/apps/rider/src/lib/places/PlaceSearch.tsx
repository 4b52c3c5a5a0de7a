import { useQuery } from "@tanstack/react-query";
import { Bookmark, Clock, MapPin, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslations } from "use-intl";

import { type FoundPlace, geocodingQueries } from "../api/geocoding.ts";
import { ridingQueries } from "../api/riding.ts";
import { matchingPlaces, spotOfFound, spotOfPlace } from "../spot.ts";
import type { Spot } from "../requestSteps.ts";
import { ListRow } from "@supportcarr/ui/ListRow";

interface PlaceSearchProps {
  label: string;
  /** Places near it come first. */
  near: { lat: number; lng: number } | null;
  onChoose: (spot: Spot) => void;
}

const ICONS: Record<FoundPlace["source"], typeof MapPin> = { saved: Bookmark, recent: Clock, named: MapPin, mapbox: MapPin };

/** Finds a place by its name or address: the person's own at once, all others as they type. */
export function PlaceSearch({ label, near, onChoose }: PlaceSearchProps) {
  const text = useTranslations("search");
  const [entered, setEntered] = useState("");
  const asked = useDeferredValue(entered);
  const places = useQuery(ridingQueries.places());
  const found = useQuery(geocodingQueries.search(asked, near));
  const own = matchingPlaces(places.data ?? [], entered);
  const others = (found.data ?? []).filter(({ source }) => source !== "saved");
  const nothing = asked.trim().length > 1 && !found.isFetching && own.length + others.length === 0;
  return (
    <div>
      <div className="relative">
        <Search aria-hidden="true" className="absolute top-1/2 left-3.5 size-5 -translate-y-1/2 text-(--muted)" />
        <input
          type="search"
          aria-label={label}
          placeholder={text("placeholder")}
          value={entered}
          autoFocus
          autoComplete="street-address"
          onChange={(event) => setEntered(event.target.value)}
          className="min-h-12 w-full rounded-xl border border-(--border-strong) bg-(--background) pr-3 pl-11 text-base"
        />
      </div>
      <ul className="mt-2 divide-y divide-(--border)">
        {own.map((place) => (
          <li key={place.id}>
            <ListRow icon={<Bookmark className="size-5" />} title={place.name} detail={place.address} onPress={() => onChoose(spotOfPlace(place))} />
          </li>
        ))}
        {others.map((place) => {
          const Icon = ICONS[place.source];
          return (
            <li key={`${place.lat},${place.lng},${place.label}`}>
              <ListRow icon={<Icon className="size-5" />} title={place.label} detail={place.detail} onPress={() => onChoose(spotOfFound(place))} />
            </li>
          );
        })}
      </ul>
      <p role="status" className="py-3 text-sm text-(--muted)">
        {found.isError || found.isPaused ? text("failed") : found.isFetching ? text("searching") : nothing ? text("nothing") : entered === "" && own.length === 0 ? text("hint") : null}
      </p>
    </div>
  );
}
