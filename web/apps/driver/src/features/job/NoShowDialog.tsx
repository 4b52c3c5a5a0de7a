import { useFormats } from "@supportcarr/i18n/useFormats";
import { Modal } from "@supportcarr/ui/Modal";
import { useWaits, useWaitTexts } from "@supportcarr/phone-app/useWaits";
import { useQueue } from "@supportcarr/pwa/queue";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { jobQueries } from "../../lib/api/jobs.ts";
import { queue } from "../../lib/queue.ts";
import { Button } from "@supportcarr/ui/Button";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { SlideToConfirm } from "@supportcarr/ui/SlideToConfirm";
import { useCityTime } from "../../lib/useCityTime.ts";
import { useStep } from "./useStep.ts";

/** The rider does not come: possible after a wait at the pickup. */
export function NoShowDialog({ rescueId, onClose }: { rescueId: string; onClose: () => void }) {
  const text = useTranslations("job.noShow");
  const formats = useFormats();
  const { no_show_seconds: wait } = useWaits();
  const { noShow } = useWaitTexts();
  const { busy, step } = useStep(rescueId);
  const timeline = useQuery(jobQueries.timeline(rescueId));
  const queued = useQueue(queue).find((one) => one.subject === rescueId && one.kind === "arrival")?.happenedAt;
  const now = useCityTime(1_000);
  const arrived = queued ?? timeline.data?.filter(({ to }) => to === "arrived").at(-1)?.at;
  const over = arrived ? Date.parse(arrived) + wait * 1_000 : null;
  const waiting = over !== null && now < over;
  const unknown = !arrived && timeline.isFetching; // where it can't be known, the platform says whether it is too early
  return (
    <Modal title={text("title")} about={text("about", { noShow })} onClose={onClose}>
      {unknown ? (
        <Skeleton label={text("title")} lines={1} className="mb-4" />
      ) : waiting ? (
        <p role="timer" className="mb-4 rounded-xl bg-(--hover) p-4 text-center text-lg text-balance">
          {text("wait", { left: formats.duration((over - now) / 1_000), time: formats.time(over) })}
        </p>
      ) : (
        <SlideToConfirm label={text("confirm")} busy={busy} onConfirm={() => void step("no-show").then((refused) => refused ?? onClose())} />
      )}
      <Button variant="secondary" block className="mt-3" onClick={onClose}>
        {text("goOn")}
      </Button>
    </Modal>
  );
}
