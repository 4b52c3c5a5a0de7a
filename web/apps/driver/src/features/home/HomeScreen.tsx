import { type LngLat, MapView } from "@supportcarr/map/MapView";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { drivingQueries } from "../../lib/api/driving.ts";
import { jobQueries } from "../../lib/api/jobs.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { useDocumentTitle } from "@supportcarr/phone-app/useDocumentTitle";
import { useLocation } from "../../lib/useGeolocation.ts";
import { ApprovalCard } from "./ApprovalCard.tsx";
import { AvailabilityCard } from "./AvailabilityCard.tsx";
import { DayLine } from "./DayLine.tsx";
import { EndingPapers } from "./EndingPapers.tsx";
import { JobCard } from "./JobCard.tsx";
import { PhoneLimits } from "./PhoneLimits.tsx";

/** Where the driver is, whether they are online, and what they do now. */
export function HomeScreen() {
  const text = useTranslations("home");
  const common = useTranslations("common");
  useDocumentTitle(text("title"));
  const application = useQuery(drivingQueries.application());
  const today = useQuery(drivingQueries.today());
  const jobs = useQuery(jobQueries.live());
  const vehicles = useQuery(drivingQueries.vehicles());
  // The sheet comes when all that it says is known: it would grow under the driver's thumb.
  // Without a connection what is not kept is not waited for.
  const loading = [application, today, jobs, vehicles].some(({ isPending, fetchStatus }) => isPending && fetchStatus !== "paused");
  const fix = useLocation((state) => state.fix);
  const approved = application.data?.state === "approved" || Boolean(jobs.data?.length);
  const here: LngLat | null = fix ? [fix.lng, fix.lat] : null;
  return (
    <main className="relative mx-auto flex h-full max-w-xl flex-col short:block short:overflow-y-auto">
      <h1 className="sr-only">{text("title")}</h1>
      <div className="relative min-h-40 flex-1 short:h-44">
        <MapView label={text("map")} interactive={false} center={here} zoom={13} fit={here ? [here] : null} markers={here ? [{ id: "me", kind: "truck", at: here, heading: fix?.heading ?? null, label: text("you") }] : []} padding={{ top: approved ? 96 : 0, bottom: 24 }} />
        {today.data && approved ? <DayLine day={today.data} /> : null}
      </div>
      {loading ? (
        <div key="loading" className="absolute inset-x-0 bottom-0 z-10 px-4 pb-5">
          <Skeleton label={common("loading")} lines={2} />
        </div>
      ) : (
        <div key="sheet" className="relative z-10 -mt-5 max-h-[72%] shrink-0 overflow-y-auto short:max-h-none rounded-t-[20px] border-t border-(--border) bg-(--surface) px-4 pt-5 pb-5">
          <Loaded query={application} lines={2}>
            {(data) =>
              approved ? (
                <Loaded query={today} lines={2}>
                  {(day) => (
                    <div className="space-y-4">
                      {jobs.data?.map((job) => <JobCard key={job.id} job={job} />)}
                      <EndingPapers application={data} />
                      {/* Who was suspended on the way finishes the job, and learns here why no other comes. */}
                      {data.state === "approved" || day.state !== "offline" ? <AvailabilityCard day={day} onJob={Boolean(jobs.data?.length)} /> : <ApprovalCard application={data} />}
                      {day.state === "offline" ? null : <PhoneLimits />}
                    </div>
                  )}
                </Loaded>
              ) : (
                <ApprovalCard application={data} />
              )
            }
          </Loaded>
        </div>
      )}
    </main>
  );
}
