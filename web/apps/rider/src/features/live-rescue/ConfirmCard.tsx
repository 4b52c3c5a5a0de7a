import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";

/** The bank asks the rider to confirm the payment; what comes of it arrives by itself. */
export function ConfirmCard({ rescueId }: { rescueId: string }) {
  const text = useTranslations("live.confirm");
  const authentication = useQuery(rescueQueries.authentication(rescueId));
  return (
    <Loaded query={authentication} lines={1}>
      {({ url }) =>
        url ? (
          <a
            href={url}
            target="_blank"
            rel="noreferrer"
            className="flex min-h-13 w-full items-center justify-center gap-2 rounded-2xl bg-(--accent) px-5 font-semibold text-(--on-accent) hover:bg-(--accent-hover)"
          >
            {text("open")}
            <ExternalLink aria-hidden="true" className="size-5" />
          </a>
        ) : (
          <p className="text-sm text-(--muted)">{text("inBankApp")}</p>
        )
      }
    </Loaded>
  );
}
