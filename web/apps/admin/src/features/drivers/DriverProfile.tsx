import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { Fact, Facts } from "@supportcarr/ui/Facts";
import { Notice } from "@supportcarr/ui/Notice";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import type { VersionedDriver } from "../../lib/api/drivers.ts";
import { formatDateTime } from "../../lib/format.ts";
import { describeCode, texts } from "../../lib/texts.ts";
import { applicationDecisions, canBeSuspended, hasPapersToReview } from "./decisions.ts";
import { STATE_TONES } from "./driverState.ts";
import { SuspensionDialog } from "./SuspensionDialog.tsx";

const text = texts.drivers;

/** How a driver stands, and the suspension. */
export function DriverProfile({ versioned }: { versioned: VersionedDriver }) {
  const { driver } = versioned;
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<string | null>(null);
  const { application_state, decision } = driver;
  const suspended = driver.state === "suspended";
  return (
    <Card title={text.profile}>
      {done ? (
        <Notice tone="success" className="mb-4">
          {done}
        </Notice>
      ) : null}
      <Facts>
        <Fact name={text.state}>
          <span className="flex flex-wrap gap-1.5">
            <Badge tone={STATE_TONES[application_state]}>{text.states[application_state]}</Badge>
            <Badge tone={driver.online ? "success" : "neutral"}>{driver.online ? text.online : text.offline}</Badge>
            {driver.review ? <Badge tone="warning">{text.papersToReview}</Badge> : null}
          </span>
        </Fact>
        {decision?.reason ? <Fact name={text.reason}>{decision.reason}</Fact> : null}
        {decision ? <Fact name={text.decidedAt}>{formatDateTime(decision.at)}</Fact> : null}
        {driver.waiting_since ? <Fact name={text.waitingSince}>{formatDateTime(driver.waiting_since)}</Fact> : null}
        {driver.missing.length ? <Fact name={text.stillMissing}>{driver.missing.map(describeCode).join(", ")}</Fact> : null}
        {driver.offline_reason ? <Fact name={text.offlineBecause}>{describeCode(driver.offline_reason)}</Fact> : null}
        {driver.documents_until ? <Fact name={text.documentsUntil}>{formatDateTime(driver.documents_until)}</Fact> : null}
        <Fact name={text.id}>
          <span className="font-mono text-xs wrap-anywhere">{driver.id}</span>
        </Fact>
      </Facts>
      <div className="mt-5 flex flex-wrap gap-2">
        {applicationDecisions(driver).length || (suspended && hasPapersToReview(driver)) ? (
          <Link to="/applications" search={{ driver: driver.id }} className="rounded-lg bg-(--accent) px-4 py-2.5 text-center font-medium text-(--on-accent) hover:bg-(--accent-hover) max-sm:w-full">
            {text.openReview}
          </Link>
        ) : null}
        {canBeSuspended(driver) ? (
          <Button variant="secondary" className={`max-sm:w-full ${suspended ? "" : "text-(--danger-text)"}`} onClick={() => setAsking(true)}>
            {suspended ? text.reinstate.open : text.suspend.open}
          </Button>
        ) : null}
      </div>
      {asking ? (
        <SuspensionDialog
          versioned={versioned}
          ends={suspended}
          onClose={() => setAsking(false)}
          onDone={(message) => {
            setAsking(false);
            setDone(message);
          }}
        />
      ) : null}
    </Card>
  );
}
