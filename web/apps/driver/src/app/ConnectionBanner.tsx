import { WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslations } from "use-intl";

import { useLive } from "../lib/liveStore.ts";

function subscribe(listener: () => void): () => void {
  addEventListener("online", listener);
  addEventListener("offline", listener);
  return () => {
    removeEventListener("online", listener);
    removeEventListener("offline", listener);
  };
}

/** Says that what is shown may be old: without a connection, or while it is made again. */
export function ConnectionBanner() {
  const text = useTranslations("connection");
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  const live = useLive((state) => state.connection);
  if (online && live !== "offline") return null;
  return (
    <p role="status" className="flex items-center justify-center gap-2 bg-amber-100 px-4 py-2 text-sm text-amber-900 dark:bg-amber-400/15 dark:text-amber-200">
      <WifiOff aria-hidden="true" className="size-4 shrink-0" />
      {online ? text("reconnecting") : text("offline")}
    </p>
  );
}
