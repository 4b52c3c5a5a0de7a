import { Button } from "@supportcarr/ui/Button";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { Select } from "@supportcarr/ui/form/Select";
import { Notice } from "@supportcarr/ui/Notice";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type DriverFilter, driverQueries } from "../../lib/api/drivers.ts";
import { DRIVER_FILTERS } from "../../lib/search.ts";
import { texts } from "../../lib/texts.ts";
import { DriverCard } from "./DriverCard.tsx";

const text = texts.drivers;

interface DriverListProps {
  filter: DriverFilter | undefined;
  onFilter: (filter: DriverFilter | undefined) => void;
}

/** Drivers by state, each with the papers that were stated and the decisions about them. */
export function DriverList({ filter, onFilter }: DriverListProps) {
  const drivers = useInfiniteQuery(driverQueries.list(filter));
  const queryClient = useQueryClient();
  const [done, setDone] = useState<string | null>(null);
  async function decided(message: string) {
    await queryClient.invalidateQueries({ queryKey: driverQueries.all() });
    setDone(message);
  }
  return (
    <div className="max-w-4xl space-y-4">
      <Select
        name="filter"
        label={text.show}
        value={filter ?? ""}
        onChange={(event) => {
          setDone(null);
          onFilter(DRIVER_FILTERS.find((known) => known === event.target.value));
        }}
        options={[{ value: "", label: text.all }, ...DRIVER_FILTERS.map((value) => ({ value, label: text.filters[value] }))]}
        className="w-full sm:w-64"
      />
      {done ? <Notice tone="success">{done}</Notice> : null}
      <QueryState query={drivers}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) {
            return filter ? (
              <EmptyState
                title={text.noneFound}
                action={
                  <Button variant="secondary" onClick={() => onFilter(undefined)}>
                    {text.showAll}
                  </Button>
                }
              >
                {filter === "in_review" ? text.noneInReview : null}
              </EmptyState>
            ) : (
              <EmptyState title={text.none}>{text.noneHelp}</EmptyState>
            );
          }
          return (
            <>
              <ul aria-label={text.title} className="space-y-3">
                {items.map((driver) => (
                  <DriverCard key={driver.id} driver={driver} onDecided={decided} />
                ))}
              </ul>
              {drivers.hasNextPage ? (
                <Button variant="secondary" disabled={drivers.isFetchingNextPage} onClick={() => void drivers.fetchNextPage()}>
                  {drivers.isFetchingNextPage ? texts.loading : text.more}
                </Button>
              ) : null}
            </>
          );
        }}
      </QueryState>
    </div>
  );
}
