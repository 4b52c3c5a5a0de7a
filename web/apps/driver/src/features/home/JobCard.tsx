import { useQueue } from "@supportcarr/pwa/queue";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useTranslations } from "use-intl";

import type { Rescue } from "../../lib/api/types.ts";
import { queue } from "../../lib/queue.ts";
import { statusWith } from "../../lib/steps.ts";
import { useWork } from "../../lib/useWork.ts";

/** The job that is under way, or promised next; leads to it. */
export function JobCard({ job }: { job: Rescue }) {
  const text = useTranslations("job");
  const work = useWork();
  const actions = useQueue(queue);
  const status = statusWith(job, actions);
  return (
    <Link to="/job/$rescueId" params={{ rescueId: job.id }} className="flex min-h-20 items-center gap-3 rounded-2xl bg-(--accent) px-5 py-4 text-(--on-accent) hover:bg-(--accent-hover)">
      <span className="min-w-0 flex-1">
        <span className="block text-xl font-semibold">{job.queued_behind ? text("promised") : text(`steps.${status}.title` as "steps.assigned.title", { rider: job.rider.name })}</span>
        <span className="block">{work(job.kind, job.problem)}</span>
      </span>
      <ChevronRight aria-hidden="true" className="size-7 shrink-0" />
    </Link>
  );
}
