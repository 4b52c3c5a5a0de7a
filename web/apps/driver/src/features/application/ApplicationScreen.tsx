import { Badge } from "@supportcarr/ui/Badge";
import { Notice } from "@supportcarr/ui/Notice";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleUserRound, FileText, IdCard, ScrollText, ShieldCheck, Truck } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";

import { drivingQueries, submitApplication } from "../../lib/api/driving.ts";
import type { DocumentKind, DriverApplication } from "../../lib/api/types.ts";
import { DOCUMENT_KINDS, isStated, isSubmittable, type ItemState, stateOfDocument } from "../../lib/applicationSteps.ts";
import { LinkRow } from "@supportcarr/phone-app/LinkRow";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { Button } from "@supportcarr/ui/Button";
import { type Expiry, expiryOf } from "../../lib/expiry.ts";
import { useMissing } from "../../lib/useMissing.ts";
import { useToday } from "../../lib/useToday.ts";
import { useSend } from "@supportcarr/phone-app/useSend";
import { Checks } from "./Checks.tsx";

const TONES = { missing: "warning", pending: "info", approved: "success", rejected: "danger", expired: "danger", optional: "neutral" } as const;
const ICON = "size-5";
const ICONS: Record<DocumentKind, ReactNode> = {
  licence: <IdCard className={ICON} />,
  insurance: <ShieldCheck className={ICON} />,
  registration: <FileText className={ICON} />,
  vehicle_photo: <Truck className={ICON} />,
  profile_photo: <CircleUserRound className={ICON} />,
};

/** Everything that the application needs, row by row, and how far each is. */
export function ApplicationScreen() {
  const text = useTranslations("application");
  const application = useQuery(drivingQueries.application());
  const vehicles = useQuery(drivingQueries.vehicles());
  const today = useToday();
  return (
    <Screen title={text("title")} back={{ to: "/" }} footer={application.data && isSubmittable(application.data) ? <Submission /> : undefined}>
      <Loaded query={application} lines={5}>
        {(data) => (
          <>
            <Status application={data} />
            <ul className="mt-4 divide-y divide-(--border) rounded-card border border-(--border) bg-(--surface) px-3">
              <li>
                <LinkRow
                  to="/apply/statement"
                  icon={<ScrollText className={ICON} />}
                  title={text("statement")}
                  end={<State state={isStated(data) ? (data.in_review ? "pending" : "approved") : "missing"} done={text("stated")} />}
                />
              </li>
              <li>
                <LinkRow
                  to="/vehicles"
                  icon={<Truck className={ICON} />}
                  title={text("vehicle")}
                  end={<State state={data.missing.includes("vehicle") ? "missing" : "approved"} done={vehicles.data?.map(({ plate }) => plate).join(", ") ?? ""} />}
                />
              </li>
              {DOCUMENT_KINDS.map((kind) => (
                <li key={kind}>
                  <LinkRow
                    to="/apply/documents/$kind"
                    params={{ kind }}
                    icon={ICONS[kind]}
                    title={text(`kinds.${kind}`)}
                    detail={<Ending expiry={expiryOf(data, kind, today)} />}
                    end={<State state={stateOfDocument(data, kind)} />}
                  />
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

function State({ state, done }: { state: ItemState; done?: string }) {
  const text = useTranslations("application");
  const label = state === "approved" && done !== undefined ? done : text(`item.${state}`);
  return label ? <Badge tone={TONES[state]}>{label}</Badge> : null;
}

function Ending({ expiry }: { expiry: Expiry | null }) {
  const text = useTranslations("application");
  const formats = useFormats();
  if (!expiry) return null;
  const date = formats.date(`${expiry.on}T12:00:00Z`, "UTC");
  return <span className={expiry.state === "valid" ? "" : "text-(--warning-text)"}>{text(expiry.state === "over" ? "wasValid" : expiry.state === "soon" ? "endsOn" : "valid", { date })}</span>;
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
