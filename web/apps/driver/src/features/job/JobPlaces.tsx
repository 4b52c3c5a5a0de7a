import { useFormats } from "@supportcarr/i18n/useFormats";
import { usePlaceName } from "@supportcarr/phone-app/usePlaceName";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MessageCircle, Navigation } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { jobQueries } from "../../lib/api/jobs.ts";
import type { Rescue, RescueStatus } from "../../lib/api/types.ts";
import { useLive } from "../../lib/liveStore.ts";
import { mapsApps, mapsLink } from "../../lib/mapsLinks.ts";
import { Button } from "@supportcarr/ui/Button";
import { useWork } from "../../lib/useWork.ts";
import { Modal } from "@supportcarr/ui/Modal";

const LINK = "flex min-h-14 items-center justify-center gap-2 rounded-xl px-4 font-medium min-[22rem]:text-lg";

/** The next stop in words, the way there, and the chat with the rider. */
export function JobPlaces({ rescue, status }: { rescue: Rescue; status: RescueStatus }) {
  const text = useTranslations("job");
  const formats = useFormats();
  const work = useWork();
  const unread = useLive((state) => state.unread.get(rescue.id) ?? 0);
  const [choosing, setChoosing] = useState(false);
  const { pickup, dropoff, bike, note, eta_seconds } = rescue;
  const stop = status === "in_transit" ? dropoff : pickup;
  const where = usePlaceName(stop) ?? text("pin");
  // The estimate is as old as the assignment: the time of day stays right, how long it takes from now would not.
  const coming = status === "assigned" || status === "en_route";
  const estimated = useQuery({ ...jobQueries.timeline(rescue.id), enabled: coming }).data?.filter(({ to }) => to === "assigned").at(-1)?.at;
  const facts = [
    work(rescue.kind, rescue.problem),
    bike?.type ? text(`bikes.${bike.type}`) : null,
    bike?.weight_kg ? text("weighs", { kg: formats.number(bike.weight_kg) }) : null,
  ].filter(Boolean);
  const rows: [string, string][] = [
    [status === "in_transit" ? text("dropoff") : text("pickup"), where],
    [text("what"), facts.join(" · ")],
    ...(note ? ([[text("note"), note]] as [string, string][]) : []),
    ...(coming && eta_seconds && estimated ? ([[text("eta"), formats.time(Date.parse(estimated) + eta_seconds * 1_000)]] as [string, string][]) : []),
  ];
  return (
    <div className="space-y-3">
      <div className="grid gap-3 min-[16rem]:grid-cols-2">
        <Button size="lg" variant="secondary" icon={<Navigation aria-hidden="true" className="size-6" />} onClick={() => setChoosing(true)} className="min-h-14 min-[22rem]:text-lg">
          {text("navigate")}
        </Button>
        <Link to="/job/$rescueId/chat" params={{ rescueId: rescue.id }} className={`${LINK} border border-(--border-strong) bg-(--surface) hover:bg-(--hover)`}>
          <MessageCircle aria-hidden="true" className="size-6" />
          {text("chat")}
          {unread ? (
            <span className="min-w-6 rounded-full bg-(--danger) px-1.5 text-center text-sm leading-6 text-(--on-danger)">
              <span aria-hidden="true">{unread}</span>
              <span className="sr-only">{text("unread", { count: unread })}</span>
            </span>
          ) : null}
        </Link>
      </div>
      <dl className="divide-y divide-(--border) rounded-2xl border border-(--border) bg-(--surface) px-4">
        {rows.map(([label, value]) => (
          <div key={label} className="py-2.5">
            <dt className="text-sm text-(--muted)">{label}</dt>
            <dd className="font-medium wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
      {choosing ? (
        <Modal title={text("navigateWith")} onClose={() => setChoosing(false)} closeLabel={text("close")}>
          <div className="space-y-2">
            {mapsApps(navigator.userAgent).map((app) => (
              <a key={app} href={mapsLink(app, stop)} target="_blank" rel="noreferrer" onClick={() => setChoosing(false)} className={`${LINK} border border-(--border-strong) hover:bg-(--hover)`}>
                {text(`maps.${app}`)}
              </a>
            ))}
          </div>
        </Modal>
      ) : null}
    </div>
  );
}
