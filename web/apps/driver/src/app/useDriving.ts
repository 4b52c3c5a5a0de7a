import { isInside } from "@supportcarr/client/areas";
import { configQueries } from "@supportcarr/phone-app/api/config";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { clockQueries } from "../lib/api/clock.ts";
import { drivingQueries } from "../lib/api/driving.ts";
import { jobQueries } from "../lib/api/jobs.ts";
import type { Rescue } from "../lib/api/types.ts";
import { cityNow } from "../lib/cityClock.ts";
import { adoptFormerSteps } from "../lib/formerOutbox.ts";
import { reportInterval } from "../lib/positions/buffer.ts";
import { watchPlace } from "../lib/positions/demoDrive.ts";
import { allowSoundByTouch } from "../lib/chime.ts";
import { reporter } from "../lib/positions/positionReporter.ts";
import { queue } from "../lib/queue.ts";
import type { Fix } from "../lib/useGeolocation.ts";
import { keepScreenOn } from "../lib/wakeLock.ts";

/** Where a job leads the truck; `null`: it stands. */
function goalOf(jobs: readonly Rescue[]): { lat: number; lng: number } | null {
  const job = jobs.find(({ queued_behind }) => !queued_behind);
  if (job?.status === "en_route") return job.pickup;
  return job?.status === "in_transit" ? job.dropoff : null;
}

/** While the driver is online or on a job: the screen stays on, and positions go to the platform. */
export function useDriving(signedIn: boolean): void {
  const clock = useQuery({ ...clockQueries.current(), enabled: signedIn });
  const today = useQuery({ ...drivingQueries.today(), enabled: signedIn });
  const jobs = useQuery({ ...jobQueries.live(), enabled: signedIn });
  const driving = signedIn && (today.data?.state === "online" || today.data?.state === "break" || Boolean(jobs.data?.length));
  const speed = clock.data?.speed ?? 1;

  const config = useQuery({ ...configQueries.current(), enabled: signedIn });
  const demo = config.data?.demo;
  const areas = config.data?.areas;
  const liveJobs = useRef(jobs.data ?? []);
  liveJobs.current = jobs.data ?? [];

  useEffect(() => (driving ? keepScreenOn() : undefined), [driving]);
  useEffect(() => (driving ? allowSoundByTouch() : undefined), [driving]);

  useEffect(() => {
    if (!driving) return;
    const pretence = demo && areas ? { place: demo, isServed: (point: { lat: number; lng: number }) => areas.some(({ boundary }) => isInside(point, boundary)), goal: () => goalOf(liveJobs.current), speed } : null;
    const report = ({ lat, lng, accuracy, heading, speed: metresPerSecond }: Fix) => {
      const at = new Date(cityNow()).toISOString();
      void reporter.report({ lat, lng, accuracy, at, ...(heading !== null && !Number.isNaN(heading) ? { heading } : {}), ...(metresPerSecond !== null ? { speed: metresPerSecond } : {}) });
    };
    return watchPlace(reportInterval(speed), report, pretence);
  }, [driving, speed, demo, areas]);

  useEffect(() => {
    if (!signedIn) return;
    const flush = () => void queue.flush();
    void Promise.all([reporter.restore(), adoptFormerSteps(queue)]).then(flush, flush);
  }, [signedIn]);
}
