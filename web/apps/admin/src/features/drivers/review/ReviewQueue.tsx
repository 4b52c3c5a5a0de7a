import { EmptyState } from "@supportcarr/ui/EmptyState";
import { QueryState } from "@supportcarr/ui/QueryState";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { driverQueries } from "../../../lib/api/drivers.ts";
import type { DriverRow } from "../../../lib/api/types.ts";
import { texts } from "../../../lib/texts.ts";
import { ApplicantList } from "./ApplicantList.tsx";
import { ApplicationReview } from "./ApplicationReview.tsx";
import { KeyList } from "./KeyList.tsx";
import { neighbourInQueue } from "./reviewSteps.ts";
import { useShortcutsSwitch } from "./useShortcutsSwitch.ts";

const text = texts.review;

interface ReviewQueueProps {
  /** The id of the applicant that is shown; the first of the queue if there is none. */
  selected: string | undefined;
  onSelect: (driverId: string | undefined) => void;
}

/** One wait of one driver: somebody who was decided about may apply again. */
const waitOf = ({ id, waiting_since }: DriverRow): string => `${id} ${waiting_since ?? ""}`;

/** The applications that wait for a decision, the longest wait first, and one of them. */
export function ReviewQueue({ selected, onSelect }: ReviewQueueProps) {
  const queue = useInfiniteQuery(driverQueries.queue());
  const { enabled, toggle } = useShortcutsSwitch();
  const [decided, setDecided] = useState<readonly string[]>([]);
  const [said, setSaid] = useState("");
  const applications = queue.data?.pages.flatMap(({ items }) => items).filter((one) => !decided.includes(waitOf(one)));
  const first = applications?.[0]?.id;

  // What is on the screen must not change when somebody else decides about the first one.
  useEffect(() => {
    if (selected === undefined && first !== undefined) onSelect(first);
  }, [selected, first, onSelect]);

  const move = (by: 1 | -1) => {
    const next = selected ? neighbourInQueue(applications ?? [], selected, by) : undefined;
    if (next) onSelect(next.id);
    else setSaid(text.noOther);
  };

  function onDecided(sentence: string) {
    const entry = applications?.find(({ id }) => id === selected);
    if (entry) setDecided([...decided, waitOf(entry)]);
    setSaid(sentence);
    onSelect(selected ? neighbourInQueue(applications ?? [], selected)?.id : undefined);
  }

  return (
    <>
      <p role="status" className={said ? "mb-3 rounded-lg bg-(--success-soft) px-3 py-2 text-sm text-(--success-text)" : "sr-only"}>
        {said}
      </p>
      <QueryState query={{ ...queue, data: applications }} loading={<Skeleton label={texts.loading} lines={5} />}>
        {(items) =>
          selected ? (
            <div className="grid gap-4 lg:grid-cols-[13rem_minmax(0,1fr)]">
              <div className="min-w-0">
                <ApplicantList applications={items} more={queue.hasNextPage} onMore={() => void queue.fetchNextPage()} selected={selected} onSelect={onSelect} />
                <KeyList enabled={enabled} onToggle={toggle} />
              </div>
              <ApplicationReview key={selected} driverId={selected} shortcuts={enabled} onMove={move} onSaid={setSaid} onDecided={onDecided} />
            </div>
          ) : items.length === 0 ? (
            <EmptyState title={text.none}>{text.noneHelp}</EmptyState>
          ) : null
        }
      </QueryState>
    </>
  );
}
