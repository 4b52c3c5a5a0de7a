import { Badge } from "@supportcarr/ui/Badge";
import { Notice } from "@supportcarr/ui/Notice";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";

import { drivingQueries, submitApplication } from "../../lib/api/driving.ts";
import type { DriverApplication } from "../../lib/api/types.ts";
import { DOCUMENT_KINDS, isStated, isSubmittable, type ItemState, stateOfDocument } from "../../lib/applicationSteps.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { Button } from "@supportcarr/ui/Button";
import { cityNow } from "../../lib/cityClock.ts";
import { type Expiry, expiryOf } from "../../lib/expiry.ts";
import { useMissing } from "../../lib/useMissing.ts";
import { useSend } from "@supportcarr/phone-app/useSend";
import { Checks } from "./Checks.tsx";

const TONES = { missing: "warning", pending: "info", approved: "success", rejected: "danger", expired: "danger", optional: "neutral" } as const;
const ROW = "flex min-h-16 items-center gap-3 py-3";

/** Everything that the application needs, row by row, and how far each is. */
export function ApplicationScreen() {
  const text = useTranslations("application");
  const application = useQuery(drivingQueries.application());
  const vehicles = useQuery(drivingQueries.vehicles());
  return (
    <Screen title={text("title")} back={{ to: "/" }} footer={application.data && isSubmittable(application.data) ? <Submission /> : undefined}>
      <Loaded query={application} lines={5}>
        {(data) => (
          <>
            <Status application={data} />
            <ul className="mt-4 divide-y divide-(--border)">
              <li>
                <Link to="/apply/statement" className={ROW}>
                  <Item title={text("statement")} state={isStated(data) ? (data.in_review ? "pending" : "approved") : "missing"} done={text("stated")} />
                </Link>
              </li>
              <li>
                <Link to="/vehicles" className={ROW}>
                  <Item title={text("vehicle")} state={data.missing.includes("vehicle") ? "missing" : "approved"} done={vehicles.data?.map(({ plate }) => plate).join(", ") ?? ""} />
                </Link>
              </li>
              {DOCUMENT_KINDS.map((kind) => (
                <li key={kind}>
                  <Link to="/apply/documents/$kind" params={{ kind }} className={ROW}>
                    <Item title={text(`kinds.${kind}`)} state={stateOfDocument(data, kind)} expiry={expiryOf(data, kind, cityNow())} />
                  </Link>
                </li>
              ))}
            </ul>
            <Checks application={data} />
          </>
        )}
      </Loaded>
    </Screen>
  );
}

function Item({ title, state, done, expiry = null }: { title: string; state: ItemState; done?: string; expiry?: Expiry | null }) {
  const text = useTranslations("application");
  const formats = useFormats();
  const label: ReactNode = state === "approved" && done !== undefined ? done : text(`item.${state}`);
  return (
    <>
      <span className="min-w-0 flex-1">
        <span className="block text-lg">{title}</span>
        {expiry ? (
          <span className={`block text-sm ${expiry.state === "valid" ? "text-(--muted)" : "text-(--warning-text)"}`}>
            {text(expiry.state === "over" ? "wasValid" : expiry.state === "soon" ? "endsOn" : "valid", { date: formats.date(`${expiry.on}T12:00:00Z`, "UTC") })}
          </span>
        ) : null}
      </span>
      {label ? <Badge tone={TONES[state]}>{label}</Badge> : null}
      <ChevronRight aria-hidden="true" className="size-5 shrink-0 text-(--muted)" />
    </>
  );
}

function Status({ application: { state, missing, decision, documents_until, in_review } }: { application: DriverApplication }) {
  const text = useTranslations("application");
  const names = useMissing();
  const formats = useFormats();
  const tone = state === "approved" ? "success" : state === "rejected" || state === "suspended" ? "danger" : state === "changes_requested" ? "warning" : "info";
  return (
    <Notice tone={tone}>
      <p className="text-base font-semibold">{text(`states.${state}.title`)}</p>
      <p className="mt-0.5">{text(`states.${state}.about`)}</p>
      {decision?.reason ? <p className="mt-1">{text("reason", { reason: decision.reason })}</p> : null}
      {missing.length > 0 ? <p className="mt-1">{text("missing", { what: missing.map(names).join(", ") })}</p> : null}
      {state === "approved" && in_review ? <p className="mt-1">{text("inReview")}</p> : null}
      {state === "approved" && documents_until ? <p className="mt-1">{text("until", { date: formats.date(documents_until) })}</p> : null}
    </Notice>
  );
}

function Submission() {
  const text = useTranslations("application");
  const queryClient = useQueryClient();
  const { busy, send } = useSend();
  return (
    <Button size="lg" block busy={busy} onClick={() => void send(submitApplication, { done: text("submitted"), onDone: () => queryClient.invalidateQueries({ queryKey: drivingQueries.all() }) })}>
      {text("submit")}
    </Button>
  );
}
