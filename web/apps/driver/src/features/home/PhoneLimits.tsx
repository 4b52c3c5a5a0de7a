import { Notice } from "@supportcarr/ui/Notice";
import { useTranslations } from "use-intl";

import { useLocation } from "../../lib/useGeolocation.ts";
import { useWakeLock } from "../../lib/wakeLock.ts";

/** What the browser does not allow, in words: offers come only to drivers whose place is known. */
export function PhoneLimits() {
  const text = useTranslations("phone");
  const location = useLocation((state) => state.state);
  const pretended = useLocation((state) => state.pretended);
  const screen = useWakeLock((state) => state.state);
  return (
    <div className="space-y-2">
      {location === "denied" ? <Notice tone="danger">{text("locationDenied")}</Notice> : null}
      {location === "failed" ? <Notice tone="warning">{text("locationFailed")}</Notice> : null}
      {location === "asking" ? <Notice tone="info">{text("locationAsking")}</Notice> : null}
      {pretended ? <Notice tone="info">{text("pretended")}</Notice> : null}
      {screen === "unsupported" || screen === "refused" ? <Notice tone="warning">{text("screen")}</Notice> : null}
      <p className="text-sm text-(--muted)">{text("keepOpen")}</p>
    </div>
  );
}
