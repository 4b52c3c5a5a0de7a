import { formatPhone } from "@supportcarr/ui/formatPhone";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, Mail, Phone, ShieldAlert } from "lucide-react";
import { useTranslations } from "use-intl";

import { ListRow } from "@supportcarr/ui/ListRow";
import { configQueries } from "../api/config.ts";
import { linkProps } from "../appLinks.ts";
import { EMERGENCY_NUMBER } from "../emergency.ts";
import { Loaded } from "../Loaded.tsx";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";

/** How to reach a person, and what is asked most. */
export function HelpScreen({ questions }: { questions: readonly { question: string; answer: string }[] }) {
  const text = useTranslations("help");
  const { links, session } = usePhoneApp();
  const config = useQuery(configQueries.current());
  const support = config.data?.support;
  return (
    <Screen title={text("title")} back={linkProps(session.hasSession() ? links.account : { to: "/welcome" })}>
      <div className="divide-y divide-(--border) rounded-2xl border border-(--border) bg-(--surface) px-4">
        {support?.phone ? <ListRow href={`tel:${support.phone}`} icon={<Phone aria-hidden="true" className="size-6" />} title={text("call")} detail={formatPhone(support.phone)} /> : null}
        {support?.email ? <ListRow href={`mailto:${support.email}`} icon={<Mail aria-hidden="true" className="size-6" />} title={text("write")} detail={support.email} /> : null}
        <ListRow href={`tel:${EMERGENCY_NUMBER}`} icon={<ShieldAlert aria-hidden="true" className="size-6" />} title={text("emergency", { number: EMERGENCY_NUMBER })} detail={text("emergencyAbout")} />
      </div>
      {config.data ? null : (
        <div className="mt-4">
          <Loaded query={config}>{() => null}</Loaded>
        </div>
      )}
      <h2 className="mt-8 mb-2 font-semibold">{text("questions")}</h2>
      <div className="divide-y divide-(--border)">
        {questions.map(({ question, answer }) => (
          <details key={question} className="group py-1">
            <summary className="flex min-h-12 cursor-pointer list-none items-center justify-between gap-3 py-2.5 font-medium [&::-webkit-details-marker]:hidden">
              {question}
              <ChevronDown className="size-5 shrink-0 text-(--muted) transition-transform group-open:rotate-180" aria-hidden="true" />
            </summary>
            <p className="pb-3 text-(--muted)">{answer}</p>
          </details>
        ))}
      </div>
    </Screen>
  );
}
