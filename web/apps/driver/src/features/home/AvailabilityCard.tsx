import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Coffee, Power } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { drivingQueries, setAvailability } from "../../lib/api/driving.ts";
import { notificationQueries } from "../../lib/api/notifications.ts";
import type { AvailabilityWish, DaySummary } from "../../lib/api/types.ts";
import { allowSound } from "../../lib/chime.ts";
import { TextLink } from "@supportcarr/phone-app/TextLink";
import { Button } from "@supportcarr/ui/Button";
import { SlideToConfirm } from "@supportcarr/ui/SlideToConfirm";
import { useSend } from "@supportcarr/phone-app/useSend";

/** Online, on a break or offline, and with which vehicle. */
export function AvailabilityCard({ day, onJob }: { day: DaySummary; onJob: boolean }) {
  const text = useTranslations("availability");
  const queryClient = useQueryClient();
  const { busy, send } = useSend();
  const vehicles = useQuery(drivingQueries.vehicles());
  const [chosen, setChosen] = useState<string | null>(null);

  const change = (wish: AvailabilityWish) => {
    allowSound();
    return send(async () => {
      const availability = await setAvailability(wish);
      const state = availability.online ? (availability.on_break ? "break" : "online") : "offline";
      queryClient.setQueryData<DaySummary>(drivingQueries.today().queryKey, (before) => before && { ...before, state, hours_until: availability.hours_until });
      await Promise.all([queryClient.invalidateQueries({ queryKey: drivingQueries.all() }), queryClient.invalidateQueries({ queryKey: notificationQueries.all() })]);
    });
  };

  if (day.state === "offline") {
    const items = vehicles.data ?? [];
    const vehicle = items.find(({ id }) => id === chosen) ?? items[0];
    if (vehicles.data && !vehicle) {
      return (
        <p>
          {text("noVehicle")} <TextLink to="/vehicles">{text("addVehicle")}</TextLink>
        </p>
      );
    }
    return (
      <section aria-label={text("offline")} className="space-y-4">
        <div>
          <h2 className="text-2xl font-semibold">{text("offline")}</h2>
          <p className="mt-1 text-(--muted)">{onJob ? text("offlineOnJob") : text("offlineAbout")}</p>
        </div>
        {items.length > 1 ? (
          <label className="block">
            <span className="text-sm font-medium">{text("vehicle")}</span>
            <select value={vehicle?.id} onChange={({ target }) => setChosen(target.value)} className="mt-1 min-h-13 w-full rounded-xl border border-(--border-strong) bg-(--background) px-3 text-lg">
              {items.map(({ id, make, model, plate }) => (
                <option key={id} value={id}>
                  {make} {model} · {plate}
                </option>
              ))}
            </select>
          </label>
        ) : vehicle ? (
          <p className="text-lg">
            {vehicle.make} {vehicle.model} · {vehicle.plate}
          </p>
        ) : null}
        <SlideToConfirm label={text("goOnline")} busy={busy} onConfirm={() => void change({ online: true, vehicle_id: vehicle?.id ?? null })} />
      </section>
    );
  }
  const resting = day.state === "break";
  return (
    <section aria-label={resting ? text("break") : text("online")} className="space-y-4">
      <div>
        <h2 className="flex items-center gap-3 text-2xl font-semibold">
          <span aria-hidden="true" className={`size-3.5 rounded-full ${resting ? "bg-(--signal)" : "bg-(--success-text)"}`} />
          {resting ? text("break") : text("online")}
        </h2>
        <p className="mt-1 text-(--muted)">{resting ? text("breakAbout") : onJob ? text("onlineOnJob") : text("onlineAbout")}</p>
      </div>
      <div className="grid gap-3 min-[22rem]:grid-cols-2">
        {resting ? (
          <Button size="lg" busy={busy} onClick={() => void change({ online: true, on_break: false })}>
            {text("endBreak")}
          </Button>
        ) : (
          <Button variant="secondary" size="lg" busy={busy} disabled={onJob} icon={<Coffee aria-hidden="true" className="size-5" />} onClick={() => void change({ online: true, on_break: true })}>
            {text("takeBreak")}
          </Button>
        )}
        <Button variant="secondary" size="lg" busy={busy} icon={<Power aria-hidden="true" className="size-5" />} onClick={() => void change({ online: false })}>
          {text("goOffline")}
        </Button>
      </div>
    </section>
  );
}
