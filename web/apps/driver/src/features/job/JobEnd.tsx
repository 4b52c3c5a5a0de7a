import { useFormats } from "@supportcarr/i18n/useFormats";
import { StarInput } from "@supportcarr/ui/StarInput";
import { QueuedActions } from "@supportcarr/phone-app/QueuedActions";
import { useQueue } from "@supportcarr/pwa/queue";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { drivingQueries } from "../../lib/api/driving.ts";
import { jobQueries } from "../../lib/api/jobs.ts";
import type { Rescue, RescueStatus } from "../../lib/api/types.ts";
import { queue, rateRider, ratingSubject } from "../../lib/queue.ts";
import { Button } from "@supportcarr/ui/Button";
import { useSend } from "@supportcarr/phone-app/useSend";
import { Photos } from "./Photos.tsx";

/** How the job ended, what it brought, and the driver's word about the rider. */
export function JobEnd({ rescue, status }: { rescue: Rescue; status: RescueStatus }) {
  const text = useTranslations("job.end");
  const formats = useFormats();
  const earnings = useInfiniteQuery(drivingQueries.earnings());
  const earned = earnings.data?.pages.flatMap(({ items }) => items).filter(({ rescue_id }) => rescue_id === rescue.id) ?? [];
  const amount = earned.reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  return (
    <div className="space-y-6 pt-4 text-center">
      <div>
        <h2 className="text-3xl font-semibold">{text(`${status}.title` as "completed.title")}</h2>
        <p className="mt-1 text-(--muted)">{status === "cancelled" && earned[0] ? text("cancelled.paid") : text(`${status}.about` as "completed.about")}</p>
      </div>
      {earned[0] ? <p className="text-5xl font-semibold tabular-nums">{formats.money(amount, earned[0].currency)}</p> : null}
      {status === "completed" && rescue.status === "completed" ? (
        <div className="space-y-6 text-left">
          <RateRider rescueId={rescue.id} />
          <Photos rescueId={rescue.id} stage="after" />
        </div>
      ) : null}
      <Link to="/" className="flex min-h-14 items-center justify-center rounded-xl bg-(--accent) px-5 text-lg font-semibold text-(--on-accent) hover:bg-(--accent-hover)">
        {text("goOn")}
      </Link>
    </div>
  );
}

function RateRider({ rescueId }: { rescueId: string }) {
  const text = useTranslations("job.end");
  const queryClient = useQueryClient();
  const { busy, send } = useSend();
  const ratings = useQuery(jobQueries.ratings(rescueId));
  const [stars, setStars] = useState(0);
  const waits = useQueue(queue).some(({ subject }) => subject === ratingSubject(rescueId));
  if (waits) return <QueuedActions subject={ratingSubject(rescueId)} />;
  if (!ratings.data) return null;
  if (ratings.data.mine) return <p className="text-center">{text("rated", { stars: ratings.data.mine.stars })}</p>;
  if (!ratings.data.may_rate) return null;
  return (
    <section aria-label={text("rate")} className="rounded-2xl border border-(--border) bg-(--surface) p-4 text-center">
      <h3 className="text-lg font-semibold">{text("rate")}</h3>
      <StarInput value={stars} onChange={setStars} label={text("rate")} nameOf={(count) => text("stars", { count })} />
      <Button block className="mt-2" busy={busy} disabled={stars === 0} onClick={() => void send(() => rateRider(rescueId, stars), { onDone: () => queryClient.invalidateQueries({ queryKey: jobQueries.of(rescueId) }) })}>
        {text("sendRating")}
      </Button>
    </section>
  );
}
