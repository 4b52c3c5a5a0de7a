import { OfflineBanner } from "@supportcarr/ui/OfflineBanner";
import { useSyncExternalStore } from "react";
import { useTranslations } from "use-intl";

import { useOutbox } from "../lib/driverPhone.ts";
import { useLive } from "../lib/liveStore.ts";

function subscribe(listener: () => void): () => void {
  addEventListener("online", listener);
  addEventListener("offline", listener);
  return () => {
    removeEventListener("online", listener);
    removeEventListener("offline", listener);
  };
}

/** Says that there is no connection, and how many steps wait for one. */
export function ConnectionBanner() {
  const text = useTranslations("connection");
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  const live = useLive((state) => state.connection);
  const waiting = useOutbox((state) => state.steps.length);
  if (online && live !== "offline") return null;
  return <OfflineBanner waiting={waiting > 0 ? text("waiting", { count: waiting }) : text("about")} />;
}
