import { Badge } from "@supportcarr/ui/Badge";
import { Notice } from "@supportcarr/ui/Notice";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useShortcuts } from "@supportcarr/ui/shortcuts";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { approveDriver, driverQueries, sendBack, takeUp, type VersionedDriver } from "../../../lib/api/drivers.ts";
import type { DriverRow, ReviewDocument } from "../../../lib/api/types.ts";
import { formatDateTime } from "../../../lib/format.ts";
import { describeCode, texts } from "../../../lib/texts.ts";
import { applicationDecisions } from "../decisions.ts";
import { DriverLink } from "../DriverLink.tsx";
import { STATE_TONES } from "../driverState.ts";
import { ApplicationSummary } from "./ApplicationSummary.tsx";
import { DocumentPicture } from "./DocumentPicture.tsx";
import { type OpenDialog, ReviewDialogs } from "./ReviewDialogs.tsx";
import { type ReviewAction, ReviewBar } from "./ReviewBar.tsx";
import { ReviewFacts } from "./ReviewFacts.tsx";
import { blockersOf, keyOf, neighbour, nextStep, stepOf, uncheckedOf } from "./reviewSteps.ts";
import { StepTabs } from "./StepTabs.tsx";
import { useApplicationReview } from "./useApplicationReview.ts";

const text = texts.review;

interface ReviewProps {
  shortcuts: boolean;
  /** Goes to the application after or before this one. */
  onMove: (by: 1 | -1) => void;
  /** Tells what was done; the application stays. */
  onSaid: (sentence: string) => void;
  /** Tells what was decided; the next application takes its place. */
  onDecided: (sentence: string) => void;
}

/** One application: each document beside what the driver stated, then the decision about the driver. */
export function ApplicationReview({ driverId, ...props }: ReviewProps & { driverId: string }) {
  // It is loaded once: an operator decides about what is on the screen, and is told if that has changed.
  const found = useQuery({ ...driverQueries.detail(driverId), refetchOnReconnect: false });
  return (
    <QueryState query={found} loading={<Skeleton label={texts.loading} lines={4} />} failed={(status) => (status === 404 ? texts.drivers.notFound : undefined)}>
      {(versioned) => <Review versioned={versioned} {...props} />}
    </QueryState>
  );
}

function waitOf({ waiting_since, application_state }: DriverRow): string {
  if (waiting_since) return text.since(formatDateTime(waiting_since));
  return application_state === "suspended" ? text.suspended : text.notWaiting;
}

function Review({ versioned, shortcuts, onMove, onSaid, onDecided }: ReviewProps & { versioned: VersionedDriver }) {
  const { driver } = versioned;
  const review = useApplicationReview(versioned);
  const vehicles = useQuery(driverQueries.vehicles(driver.id)).data ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const documents = driver.uploaded_documents ?? [];
  const name = driver.name ?? texts.drivers.unnamed;
  const step = stepOf(documents, chosen);
  const document = step.at === "document" ? step.document : null;
  const blockers = blockersOf(documents, driver.missing);
  const unchecked = uncheckedOf(driver);
  const may = applicationDecisions(driver);

  // The button that had the focus belonged to the application before.
  useEffect(() => {
    if (window.document.activeElement === window.document.body) heading.current?.focus();
  }, []);

  async function reviewed(about: ReviewDocument, reason?: string) {
    const now = await review.decideDocument(about, reason === undefined ? { decision: "approve" } : { decision: "reject", reason });
    onSaid((reason === undefined ? text.documentApproved : text.documentRejected)(describeCode(about.kind)));
    setDialog(null);
    setChosen(keyOf(nextStep(now.uploaded_documents ?? [], about.id)));
  }

  const approve = async (overrideReason?: string) => {
    await review.decide((etag) => approveDriver(driver.id, etag, overrideReason));
    onDecided(text.approved(name));
  };

  const move = (by: 1 | -1) => setChosen(keyOf(neighbour(documents, step, by)));
  const actions: ReviewAction[] = [];
  const add = (action: ReviewAction) => actions.push(action);
  if (document) {
    const kind = describeCode(document.kind);
    if (document.state === "pending" || document.state === "rejected") {
      add({ key: "a", variant: "primary", label: text.approve, about: kind, run: () => review.attempt(() => reviewed(document)) });
    }
    if (document.state === "pending" || document.state === "approved") {
      add({ key: "r", label: text.rejectShort, about: kind, run: () => setDialog({ kind: "document", document }) });
    }
  } else {
    if (may.includes("approve")) {
      const run = () => (blockers.length || unchecked.length ? setDialog({ kind: "approve" }) : review.attempt(() => approve()));
      add({ key: "a", variant: "primary", label: text.approveDriver, about: name, run });
    }
    if (may.includes("reject")) add({ key: "r", label: text.rejectApplication, about: name, run: () => setDialog({ kind: "reject" }) });
  }
  if (may.includes("changes")) add({ key: "c", label: text.changesShort, about: name, run: () => setDialog({ kind: "changes" }) });
  if (driver.application_state === "submitted") {
    const begin = async () => {
      await review.decide((etag) => takeUp(driver.id, etag));
      onSaid(text.takenUp(name));
    };
    add({ key: "m", variant: "ghost", label: text.takeUp, run: () => review.attempt(begin) });
  }
  const around: ReviewAction[] = [
    { key: "p", variant: "ghost", label: text.previous, about: text.application, run: () => onMove(-1) },
    { key: "n", variant: "ghost", label: text.next, about: text.application, run: () => onMove(1) },
  ];
  const byKey = Object.fromEntries([...actions, ...around].map(({ key, run }) => [key, run]));
  useShortcuts({ ...byKey, arrowright: () => move(1), arrowleft: () => move(-1), j: () => move(1), k: () => move(-1) }, shortcuts);

  return (
    <article aria-label={text.applicationOf(name)} className="min-w-0 space-y-4">
      <header>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h2 ref={heading} tabIndex={-1} className="text-lg font-semibold wrap-anywhere outline-none">
            {name}
          </h2>
          <Badge tone={STATE_TONES[driver.application_state]}>{texts.drivers.states[driver.application_state]}</Badge>
          <DriverLink driverId={driver.id} className="ml-auto inline-flex min-h-6 items-center text-sm text-(--muted) underline underline-offset-4 hover:text-(--text)">
            {text.openDriver}
          </DriverLink>
        </div>
        <p className="text-sm text-(--muted)">{waitOf(driver)}</p>
      </header>
      {review.failure ? <Notice tone="danger">{review.failure}</Notice> : null}
      {documents.length ? <StepTabs documents={documents} current={keyOf(step)} onSelect={setChosen} /> : null}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_19rem]">
        {document ? (
          <DocumentPicture key={document.id} document={document} name={name} shortcuts={shortcuts} onFailed={() => review.attempt(review.refresh)} />
        ) : (
          <ApplicationSummary driver={driver} documents={documents} vehicles={vehicles} blockers={blockers} onOpen={setChosen} />
        )}
        <ReviewFacts driver={driver} document={document} vehicles={vehicles} />
      </div>
      <ReviewBar actions={actions} around={around} busy={review.busy} shortcuts={shortcuts} />
      {dialog ? (
        <ReviewDialogs
          dialog={dialog}
          driver={driver}
          blockers={blockers}
          unchecked={unchecked}
          onClose={() => setDialog(null)}
          onApprove={approve}
          onRejectDocument={reviewed}
          onSendBack={async (refusal) => {
            await review.decide((etag) => sendBack(driver.id, refusal, etag));
            onDecided(refusal.fields?.length ? text.changesRequested(name) : text.rejected(name));
          }}
        />
      ) : null}
    </article>
  );
}
