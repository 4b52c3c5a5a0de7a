import { useFormats } from "@supportcarr/i18n/useFormats";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import type { Geolocation } from "../../lib/useGeolocation.ts";

const ROUGH_M = 100;

interface LocationLineProps {
  location: Geolocation;
  /** The demo says where the person is. */
  pretended: boolean;
  /** The pin stands where the person put it, not where the device says. */
  moved: boolean;
  label: string | null;
  onRetry: () => void;
}

/** Where the pin stands, how we know, and how well. */
export function LocationLine({ location, pretended, moved, label, onRetry }: LocationLineProps) {
  const text = useTranslations("home");
  const formats = useFormats();
  const lost = !moved && !pretended && (location.state === "denied" || location.state === "failed");
  const how = moved
    ? text("atPin")
    : pretended
    ? text("pretended")
    : location.state === "found"
      ? text(location.fix.accuracy > ROUGH_M ? "roughly" : "within", { distance: formats.distance(location.fix.accuracy) })
      : text(location.state);
  return (
    <div role="status" className="mt-1">
      {label ? <p className="font-medium wrap-anywhere">{label}</p> : null}
      <p className={lost ? "" : "text-sm text-(--muted)"}>{how}</p>
      {lost ? (
        <Button variant="quiet" className="-ml-4" onClick={onRetry}>
          {text("askAgain")}
        </Button>
      ) : null}
    </div>
  );
}
