import { LastKnown } from "@supportcarr/phone-app/LastKnown";
import { QueuedActions } from "@supportcarr/phone-app/QueuedActions";
import { useQueue } from "@supportcarr/pwa/queue";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { jobQueries } from "../../lib/api/jobs.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { useLive } from "../../lib/liveStore.ts";
import { isPhoto, queue } from "../../lib/queue.ts";
import { statusWith } from "../../lib/steps.ts";
import { Screen } from "@supportcarr/phone-app/Screen";
import { JobEnd } from "./JobEnd.tsx";
import { JobMap } from "./JobMap.tsx";
import { JobPlaces } from "./JobPlaces.tsx";
import { MoreActions } from "./MoreActions.tsx";
import { NextStep } from "./NextStep.tsx";
import { Photos } from "./Photos.tsx";

const UNDER_WAY = new Set(["assigned", "en_route", "arrived", "in_transit"]);

/** One job: where to, what is next, and how to reach the rider. */
export function JobScreen() {
  const text = useTranslations("job");
  const { rescueId } = useParams({ from: "/signed-in/job/$rescueId" });
  const rescue = useQuery(jobQueries.detail(rescueId));
  const actions = useQueue(queue);
  const connected = useLive((state) => state.connection !== "offline");
  const status = rescue.data ? statusWith(rescue.data, actions) : null;
  const under = rescue.data && status && UNDER_WAY.has(status) ? rescue.data : null;
  const photosShown = status === "arrived" || status === "in_transit" || (status === "completed" && rescue.data?.status === status);
  return (
    <Screen title={text("title")} back={{ to: "/" }} footer={under && status ? <NextStep rescue={under} status={status} /> : undefined}>
      <Loaded query={rescue}>
        {(job) => (
          <div className="space-y-5">
            <LastKnown at={rescue.dataUpdatedAt} connected={connected} />
            <QueuedActions subject={job.id} {...(photosShown ? { except: isPhoto } : {})} />
            {under && status ? (
              <>
                <div aria-live="polite">
                  <h2 className="text-2xl font-semibold">{job.queued_behind ? text("promised") : text(`steps.${status}.title` as "steps.assigned.title", { rider: job.rider.name })}</h2>
                  <p className="mt-1 text-(--muted)">{job.queued_behind ? text("promisedAbout") : text(`steps.${status}.about` as "steps.assigned.about")}</p>
                </div>
                <JobMap rescue={job} status={status} />
                <JobPlaces rescue={job} status={status} />
                {status === "arrived" || status === "in_transit" ? <Photos rescueId={job.id} stage={status === "arrived" ? "before" : "after"} /> : null}
                <MoreActions rescue={job} status={status} />
              </>
            ) : (
              <JobEnd rescue={job} status={status ?? job.status} />
            )}
          </div>
        )}
      </Loaded>
    </Screen>
  );
}
