import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { clockQueries } from "../lib/api/clock.ts";
import { drivingQueries } from "../lib/api/driving.ts";
import { jobQueries } from "../lib/api/jobs.ts";
import { cityNow } from "../lib/cityClock.ts";
import { outbox, reporter, useOutbox } from "../lib/driverPhone.ts";
import { reportInterval } from "../lib/positions/buffer.ts";
import { watchLocation } from "../lib/useGeolocation.ts";
import { keepScreenOn } from "../lib/wakeLock.ts";

const RETRY_MS = 5_000;

/** While the driver is online or on a job: the screen stays on, and positions go to the platform. */
export function useDriving(signedIn: boolean): void {
  const queryClient = useQueryClient();
  const clock = useQuery({ ...clockQueries.current(), enabled: signedIn });
  const today = useQuery({ ...drivingQueries.today(), enabled: signedIn });
  const jobs = useQuery({ ...jobQueries.live(), enabled: signedIn });
  const sent = useOutbox((state) => state.sent);
  const driving = signedIn && (today.data?.state === "online" || today.data?.state === "break" || Boolean(jobs.data?.length));
  const speed = clock.data?.speed ?? 1;

  useEffect(() => (driving ? keepScreenOn() : undefined), [driving]);

  useEffect(() => {
    if (!driving) return;
    return watchLocation(reportInterval(speed), ({ lat, lng, accuracy, heading, speed: metresPerSecond }) => {
      const at = new Date(cityNow()).toISOString();
      void reporter.report({ lat, lng, accuracy, at, ...(heading !== null && !Number.isNaN(heading) ? { heading } : {}), ...(metresPerSecond !== null ? { speed: metresPerSecond } : {}) });
    });
  }, [driving, speed]);

  useEffect(() => {
    if (!signedIn) return;
    const flush = () => void outbox.flush();
    void Promise.all([reporter.restore(), outbox.restore()]).then(flush, () => undefined);
    const timer = setInterval(flush, RETRY_MS);
    addEventListener("online", flush);
    return () => {
      clearInterval(timer);
      removeEventListener("online", flush);
    };
  }, [signedIn]);

  useEffect(() => {
    if (sent > 0) void queryClient.invalidateQueries({ queryKey: jobQueries.all() });
  }, [sent, queryClient]);
}
