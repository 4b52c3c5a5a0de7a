import { formatPhone } from "@supportcarr/ui/formatPhone";
import { useState } from "react";
import { useQueue } from "@supportcarr/pwa/queue";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LifeBuoy, TriangleAlert, Undo2, UserX, Wrench } from "lucide-react";
import { useTranslations } from "use-intl";

import { abortJob, jobQueries, releaseJob } from "../../lib/api/jobs.ts";
import { configQueries } from "@supportcarr/phone-app/api/config";
import type { Rescue, RescueStatus } from "../../lib/api/types.ts";
import { isPhoto, queue } from "../../lib/queue.ts";
import { ListRow } from "@supportcarr/ui/ListRow";
import { useSend } from "@supportcarr/phone-app/useSend";
import { FixDialog } from "./FixDialog.tsx";
import { NoShowDialog } from "./NoShowDialog.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";

const GIVE_UP = ["breakdown", "too_far", "traffic", "emergency", "does_not_fit", "other"] as const;
const ABORT = ["unsafe", "not_as_described", "rider_refused", "breakdown", "other"] as const;
const ICON = "size-6";

/** What happens when a job does not go as planned. */
export function MoreActions({ rescue, status }: { rescue: Rescue; status: RescueStatus }) {
  const text = useTranslations("job.more");
  const [open, setOpen] = useState<"fix" | "no-show" | "release" | "abort" | null>(null);
  const config = useQuery(configQueries.current());
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { busy, send } = useSend();
  const close = () => setOpen(null);
  const support = config.data?.support?.phone;
  const unsent = useQueue(queue).filter((action) => action.subject === rescue.id && isPhoto(action) && action.state !== "failed").length;
  const end = async () => {
    await queryClient.invalidateQueries({ queryKey: jobQueries.all() });
    close();
  };
  return (
    <section aria-label={text("title")}>
      <h3 className="text-lg font-semibold">{text("title")}</h3>
      <div className="divide-y divide-(--border)">
        {status === "arrived" ? <ListRow icon={<Wrench aria-hidden="true" className={ICON} />} title={text("fixed")} onPress={() => setOpen("fix")} /> : null}
        {status === "arrived" ? <ListRow icon={<UserX aria-hidden="true" className={ICON} />} title={text("noShow")} onPress={() => setOpen("no-show")} /> : null}
        {status === "in_transit" ? null : <ListRow icon={<Undo2 aria-hidden="true" className={ICON} />} title={text("giveUp")} onPress={() => setOpen("release")} />}
        {status === "arrived" || status === "in_transit" ? <ListRow icon={<TriangleAlert aria-hidden="true" className={ICON} />} title={text("abort")} onPress={() => setOpen("abort")} /> : null}
        {support ? <ListRow icon={<LifeBuoy aria-hidden="true" className={ICON} />} title={text("support")} detail={formatPhone(support)} href={`tel:${support}`} /> : null}
      </div>
      {open === "fix" ? <FixDialog rescue={rescue} onClose={close} /> : null}
      {open === "no-show" ? <NoShowDialog rescueId={rescue.id} onClose={close} /> : null}
      {open === "release" ? (
        <ReasonDialog
          title={text("giveUpTitle")}
          about={text("giveUpAbout")}
          {...(unsent ? { warning: text("giveUpPhotos", { count: unsent }) } : {})}
          reasons={GIVE_UP.map((value) => ({ value, label: text(`reasons.${value}`) }))}
          submit={text("giveUp")}
          busy={busy}
          onClose={close}
          onReason={(reason) =>
            void send(() => releaseJob(rescue.id, reason), {
              onDone: async () => {
                await queue.dropSubject(rescue.id); // to whoever has given it up, the job does not exist any more
                await end();
                await navigate({ to: "/" });
              },
            })
          }
        />
      ) : null}
      {open === "abort" ? (
        <ReasonDialog
          title={text("abortTitle")}
          about={text("abortAbout")}
          reasons={ABORT.map((value) => ({ value, label: text(`reasons.${value}`) }))}
          submit={text("abort")}
          busy={busy}
          onClose={close}
          onReason={(reason) =>
            void send(() => abortJob(rescue.id, reason), {
              onDone: async () => {
                await queue.endSubject(rescue.id);
                await end();
              },
            })
          }
        />
      ) : null}
    </section>
  );
}
