import { OfflineBanner } from "@supportcarr/ui/OfflineBanner";
import { WifiOff } from "lucide-react";

import { useOnline } from "./useOnline.ts";

interface ConnectionBannerProps {
  /** What waits for a connection, or what can be done without one. */
  waiting?: string | undefined;
  /** Said while the device has a network, but the platform does not answer; `null`: it does. */
  reconnecting: string | null;
}

/** Says that what is shown may be old: without a connection, or while it is made again. */
export function ConnectionBanner({ waiting, reconnecting }: ConnectionBannerProps) {
  const online = useOnline();
  if (!online) return <OfflineBanner waiting={waiting} />;
  if (reconnecting === null) return null;
  return (
    <p role="status" className="flex items-center justify-center gap-2 bg-(--warning-soft) px-4 py-2 text-sm text-(--warning-text)">
      <WifiOff aria-hidden="true" className="size-4 shrink-0" />
      {reconnecting}
    </p>
  );
}
