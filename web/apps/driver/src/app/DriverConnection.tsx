import { ConnectionBanner } from "@supportcarr/phone-app/shell/ConnectionBanner";
import { useQueue } from "@supportcarr/pwa/queue";
import { useTranslations } from "use-intl";

import { useLive } from "../lib/liveStore.ts";
import { queue } from "../lib/queue.ts";

/** The driver goes on working without a connection: how many steps wait for one. */
export function DriverConnection() {
  const text = useTranslations("connection");
  const live = useLive((state) => state.connection);
  const steps = useQueue(queue).length;
  const waiting = steps > 0 ? text("waiting", { count: steps }) : text("about");
  return <ConnectionBanner waiting={waiting} reconnecting={live === "offline" ? waiting : null} />;
}
