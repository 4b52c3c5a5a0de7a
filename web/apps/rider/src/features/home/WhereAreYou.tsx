import { isInside } from "@supportcarr/client/areas";
import type { PublicArea, PublicConfig } from "@supportcarr/client/config";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CalendarClock, LocateFixed, Search } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";

import { geocodingQueries } from "../../lib/api/geocoding.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { centreOf } from "../../lib/geometry.ts";
import { LinkRow } from "@supportcarr/phone-app/LinkRow";
import { PinMap } from "../../lib/places/PinMap.tsx";
import { PlaceSearch } from "../../lib/places/PlaceSearch.tsx";
import { useRequest } from "../../lib/requestStore.ts";
import type { Spot } from "../../lib/requestSteps.ts";
import { BottomSheet } from "@supportcarr/ui/BottomSheet";
import { Button } from "@supportcarr/ui/Button";
import { FullDialog } from "@supportcarr/ui/FullDialog";
import { IconButton } from "@supportcarr/ui/IconButton";
import { useGeolocation } from "../../lib/useGeolocation.ts";
import { useBookingTime } from "../../lib/useBookingTime.ts";
import { whereabouts } from "../../lib/whereabouts.ts";
import { CoverageLine } from "./CoverageLine.tsx";
import { LocationLine } from "./LocationLine.tsx";

const SHEET_PX = 330;

interface WhereAreYouProps {
  areas: readonly PublicArea[];
  demo: PublicConfig["demo"];
  /** Shown in place of the question: the rescue that is under way. */
  covered: ReactNode;
  bookings: readonly Rescue[];
}

/** Finds out where the person is: by the device, by a pin that they move, or by an address. */
export function WhereAreYou({ areas, demo, covered, bookings }: WhereAreYouProps) {
  const text = useTranslations("home");
  const bookingTime = useBookingTime();
  const navigate = useNavigate();
  const { location, retry } = useGeolocation();
  const draft = useRequest((state) => state.draft);
  const change = useRequest((state) => state.change);
  const [searching, setSearching] = useState(false);
  // Until the person says otherwise, the pin stands where the device says they are.
  const [chosen, setChosen] = useState<Spot | null>(draft.pickupChosen ? draft.pickup : null);

  const { at: device, pretended } = whereabouts(location, areas, demo);
  const start = draft.pickup ?? (areas[0] ? centreOf(areas[0].boundary) : { lat: 0, lng: 0 });
  const at = chosen ?? device ?? start;
  const known = chosen !== null || device !== null;
  const area = areas.find(({ boundary }) => isInside(at, boundary));
  const address = useQuery({ ...geocodingQueries.reverse(at.lat, at.lng), enabled: known && !chosen?.address });
  const label = chosen?.address ?? address.data?.label ?? null;

  // An address belongs to a point; a pin that was moved has to be named anew.
  const moveTo = ({ lat, lng }: { lat: number; lng: number }) => setChosen({ lat, lng, address: null });
  const followDevice = () => {
    setChosen(null);
    if (location.state !== "found") retry();
  };
  const proceed = () => {
    change({ pickup: { lat: at.lat, lng: at.lng, address: label }, pickupChosen: chosen !== null });
    void navigate({ to: "/request/$step", params: { step: "problem" } });
  };

  return (
    <div className="relative h-full overflow-hidden">
      <PinMap label={text("map")} at={at} pinLabel={label} zoom={known || draft.pickup ? 16 : 11} covered={SHEET_PX} onMove={moveTo} />
      <BottomSheet label={text("title")}>
        {covered ?? (
          <>
            <div className="flex items-center justify-between gap-2">
              <h1 className="text-xl font-semibold">{text("title")}</h1>
              <IconButton label={text("useDevice")} icon={<LocateFixed aria-hidden="true" className={`size-6 ${chosen ? "" : "text-(--accent-text)"}`} />} onClick={followDevice} />
            </div>
            <LocationLine location={location} pretended={pretended} moved={chosen !== null} label={label} onRetry={followDevice} />
            <button
              type="button"
              onClick={() => setSearching(true)}
              className="mt-3 flex min-h-12 w-full items-center gap-3 rounded-xl border border-(--border-strong) bg-(--background) px-3.5 text-left text-(--muted)"
            >
              <Search aria-hidden="true" className="size-5" />
              {text("search")}
            </button>
            {known ? <CoverageLine at={at} inArea={area !== undefined} /> : null}
            <Button size="lg" block className="mt-4" disabled={!known || !area} onClick={proceed}>
              {text("getHelp")}
            </Button>
          </>
        )}
        {bookings.map((booking) => (
          <LinkRow
            key={booking.id}
            to="/rescues/$rescueId"
            params={{ rescueId: booking.id }}
            icon={<CalendarClock className="size-5" />}
            title={text("booking", { when: bookingTime(booking.scheduled_for ?? booking.created_at, booking.area_id) })}
            detail={booking.pickup.address}
          />
        ))}
      </BottomSheet>
      {searching ? (
        <FullDialog title={text("search")} onClose={() => setSearching(false)}>
          <PlaceSearch
            label={text("search")}
            near={at}
            onChoose={(spot) => {
              setChosen(spot);
              setSearching(false);
            }}
          />
        </FullDialog>
      ) : null}
    </div>
  );
}
