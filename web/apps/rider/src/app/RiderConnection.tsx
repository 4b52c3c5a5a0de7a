import { ConnectionBanner } from "@supportcarr/phone-app/shell/ConnectionBanner";
import { useTranslations } from "use-intl";

import { useLive } from "../lib/liveStore.ts";

export function RiderConnection() {
  const text = useTranslations("connection");
  const live = useLive((state) => state.connection);
  return <ConnectionBanner reconnecting={live === "offline" ? text("reconnecting") : null} />;
}
