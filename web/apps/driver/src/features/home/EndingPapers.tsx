import { useFormats } from "@supportcarr/i18n/useFormats";
import { Notice } from "@supportcarr/ui/Notice";
import { TextLink } from "@supportcarr/phone-app/TextLink";
import { useTranslations } from "use-intl";

import type { DriverApplication } from "../../lib/api/types.ts";
import { endingPapers } from "../../lib/expiry.ts";
import { useToday } from "../../lib/useToday.ts";

/** Papers that end soon: without them the driver cannot go online. */
export function EndingPapers({ application }: { application: DriverApplication }) {
  const text = useTranslations("application");
  const formats = useFormats();
  const ending = endingPapers(application, useToday());
  if (ending.length === 0) return null;
  return (
    <Notice tone={ending.some(({ state }) => state === "over") ? "danger" : "warning"}>
      <ul>
        {ending.map(({ kind, on, state }) => (
          <li key={kind}>
            {text(state === "over" ? "ended" : "ends", { what: text(`kinds.${kind}`), date: formats.date(`${on}T12:00:00Z`, "UTC") })}{" "}
            <TextLink to="/apply/documents/$kind" params={{ kind }} className="inline-block py-1">
              {text("renew", { what: text(`kinds.${kind}`) })}
            </TextLink>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
