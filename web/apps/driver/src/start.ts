import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { configQueries } from "@supportcarr/phone-app/api/config";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { applyTheme } from "@supportcarr/ui/theme";

import { accountQueries } from "./lib/api/account.ts";
import { clockQueries } from "./lib/api/clock.ts";
import { drivingQueries } from "./lib/api/driving.ts";
import { jobQueries } from "./lib/api/jobs.ts";
import { notificationQueries } from "./lib/api/notifications.ts";
import { loadMessages } from "./lib/messages/load.ts";
import { hasSession, hasVerifiedRole, restoreSession } from "./lib/session.ts";

export const queryClient = createQueryClient();

const ignore = () => undefined; // the screen asks again, and says it

/** Asks for what the first screen shows: by the time that its code has come, the data is there. */
async function askForFirstData(): Promise<void> {
  void queryClient.query(configQueries.current()).catch(ignore);
  await restoreSession();
  if (!hasSession()) return;
  void queryClient.query(accountQueries.me()).catch(ignore);
  if (!hasVerifiedRole("driver")) return;
  void queryClient.query(jobQueries.live()).catch(ignore);
  void queryClient.query(jobQueries.offer()).catch(ignore);
  void queryClient.query(drivingQueries.today()).catch(ignore);
  void queryClient.query(clockQueries.current()).catch(ignore);
  if (!/^\/driver\/?$/.test(location.pathname)) return;
  void queryClient.query(drivingQueries.application()).catch(ignore);
  void queryClient.query(drivingQueries.vehicles()).catch(ignore);
  void queryClient.infiniteQuery(notificationQueries.list(useLanguage.getState().language)).catch(ignore);
}

applyTheme();
void loadMessages(useLanguage.getState().language).catch(ignore);
void askForFirstData();
