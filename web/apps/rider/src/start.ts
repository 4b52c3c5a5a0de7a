import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { configQueries } from "@supportcarr/phone-app/api/config";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { applyTheme } from "@supportcarr/ui/theme";

import { accountQueries } from "./lib/api/account.ts";
import { clockQueries } from "./lib/api/clock.ts";
import { notificationQueries } from "./lib/api/notifications.ts";
import { rescueQueries } from "./lib/api/rescues.ts";
import { takeReturn } from "./lib/cards/enteredCard.ts";
import { loadMessages } from "./lib/messages/load.ts";
import { hasSession, restoreSession } from "./lib/session.ts";

export const queryClient = createQueryClient();

const ignore = () => undefined; // the screen asks again, and says it

/** Asks for what the first screen shows: by the time that its code has come, the data is there. */
async function askForFirstData(): Promise<void> {
  void queryClient.query(configQueries.current()).catch(ignore);
  await restoreSession();
  if (!hasSession()) return;
  const { language } = useLanguage.getState();
  void queryClient.query(accountQueries.me()).catch(ignore);
  void queryClient.infiniteQuery(notificationQueries.list(language)).catch(ignore);
  if (location.pathname !== "/") return;
  void queryClient.query(rescueQueries.live()).catch(ignore);
  void queryClient.query(rescueQueries.scheduled()).catch(ignore);
  void queryClient.query(clockQueries.current()).catch(ignore);
}

takeReturn();
applyTheme();
void loadMessages(useLanguage.getState().language).catch(ignore);
void askForFirstData();
