import { Notice } from "@supportcarr/ui/Notice";
import { ChevronDown } from "lucide-react";
import { useTranslations } from "use-intl";

import { useLocation } from "../../lib/useGeolocation.ts";
import { useWakeLock } from "../../lib/wakeLock.ts";

/** What the browser does not allow: what stops offers at once, the rest in one line with its reasons behind it. */
export function PhoneLimits() {
  const text = useTranslations("phone");
  const location = useLocation((state) => state.state);
  const pretended = useLocation((state) => state.pretended);
  const screen = useWakeLock((state) => state.state);
  const turnsOff = screen === "unsupported" || screen === "refused";
  return (
    <div className="space-y-2">
      {location === "denied" ? <Notice tone="danger">{text("locationDenied")}</Notice> : null}
      {location === "failed" ? <Notice tone="warning">{text("locationFailed")}</Notice> : null}
      {location === "asking" ? <Notice tone="info">{text("locationAsking")}</Notice> : null}
      <details className="group text-sm text-(--muted)">
        <summary className="flex min-h-11 cursor-pointer list-none items-center justify-between gap-3 [&::-webkit-details-marker]:hidden">
          {turnsOff ? text("keepOpenAndOn") : text("keepOpen")}
          <ChevronDown aria-hidden="true" className="size-5 shrink-0 transition-transform group-open:rotate-180" />
        </summary>
        <div className="space-y-2 pb-1">
          <p>{text("whyOpen")}</p>
          {turnsOff ? <p>{text("whyOn")}</p> : null}
          {pretended ? <p>{text("pretended")}</p> : null}
        </div>
      </details>
    </div>
  );
}
