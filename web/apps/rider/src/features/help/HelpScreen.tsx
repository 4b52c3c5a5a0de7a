import { useQuery } from "@tanstack/react-query";
import { Mail, Phone, ShieldAlert } from "lucide-react";
import { useTranslations } from "use-intl";

import { configQueries } from "../../lib/api/config.ts";
import { EMERGENCY_NUMBER } from "../../lib/emergency.ts";
import { Loaded } from "../../lib/Loaded.tsx";
import { Screen } from "../../lib/Screen.tsx";
import { hasSession } from "../../lib/session.ts";
import { ListRow } from "@supportcarr/ui/ListRow";

const QUESTIONS = ["price", "cancel", "battery", "nobody", "lost"] as const;

/** How to reach a person, and what is asked most. */
export function HelpScreen() {
  const text = useTranslations("help");
  const config = useQuery(configQueries.current());
  return (
    <Screen title={text("title")} back={{ to: hasSession() ? "/me" : "/welcome" }}>
      <Loaded query={config}>
        {({ support }) => (
          <div className="divide-y divide-(--border) rounded-2xl border border-(--border) bg-(--surface) px-4">
            {support?.phone ? <ListRow href={`tel:${support.phone}`} icon={<Phone aria-hidden="true" className="size-6" />} title={text("call")} detail={support.phone} /> : null}
            {support?.email ? <ListRow href={`mailto:${support.email}`} icon={<Mail aria-hidden="true" className="size-6" />} title={text("write")} detail={support.email} /> : null}
            <ListRow href={`tel:${EMERGENCY_NUMBER}`} icon={<ShieldAlert aria-hidden="true" className="size-6" />} title={text("emergency", { number: EMERGENCY_NUMBER })} detail={text("emergencyAbout")} />
          </div>
        )}
      </Loaded>
      <h2 className="mt-8 mb-2 font-semibold">{text("questions")}</h2>
      <div className="divide-y divide-(--border)">
        {QUESTIONS.map((question) => (
          <details key={question} className="py-1">
            <summary className="min-h-11 cursor-pointer py-2.5 font-medium">{text(`${question}.question`)}</summary>
            <p className="pb-3 text-(--muted)">{text(`${question}.answer`)}</p>
          </details>
        ))}
      </div>
    </Screen>
  );
}
