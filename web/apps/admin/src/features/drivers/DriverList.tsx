import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { Field } from "@supportcarr/ui/form/Field";
import { Select } from "@supportcarr/ui/form/Select";
import { QueryState } from "@supportcarr/ui/QueryState";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";

import { driverQueries } from "../../lib/api/drivers.ts";
import type { DriverRow } from "../../lib/api/types.ts";
import { formatDate } from "../../lib/format.ts";
import { DRIVER_FILTERS, type DriverSearch } from "../../lib/search.ts";
import { describeCode, texts } from "../../lib/texts.ts";
import { DriverLink } from "./DriverLink.tsx";
import { STATE_TONES } from "./driverState.ts";

const text = texts.drivers;

interface DriverListProps {
  search: DriverSearch;
  onSearch: (search: DriverSearch) => void;
}

/** Drivers by state, and by phone number, plate, name or id; each opens the page of one. */
export function DriverList({ search, onSearch }: DriverListProps) {
  const { show, q } = search;
  const drivers = useInfiniteQuery(driverQueries.list(show, q));
  return (
    <div className="max-w-4xl space-y-4">
      <SearchForm key={JSON.stringify(search)} search={search} onSearch={onSearch} />
      <QueryState query={drivers} loading={<Skeleton label={texts.loading} lines={5} />}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) {
            return show || q ? (
              <EmptyState
                title={q ? text.noneMatch(q) : text.noneFound}
                action={
                  <Button variant="secondary" onClick={() => onSearch({})}>
                    {text.showAll}
                  </Button>
                }
              >
                {q ? text.noneMatchHelp : show === "in_review" ? text.noneInReview : null}
              </EmptyState>
            ) : (
              <EmptyState title={text.none}>{text.noneHelp}</EmptyState>
            );
          }
          return (
            <>
              <ul aria-label={text.title} className="overflow-hidden rounded-xl border border-(--border) bg-(--surface)">
                {items.map((driver) => (
                  <li key={driver.id} aria-label={driver.name ?? text.unnamed} className="border-b border-(--border) last:border-b-0">
                    <Row driver={driver} />
                  </li>
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

function SearchForm({ search, onSearch }: DriverListProps) {
  function apply(form: HTMLFormElement) {
    const data = new FormData(form);
    const q = data.get("q");
    onSearch({ show: DRIVER_FILTERS.find((known) => known === data.get("show")), q: typeof q === "string" && q.trim() ? q.trim() : undefined });
  }
  return (
    <form
      role="search"
      aria-label={text.search}
      onSubmit={(event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        apply(event.currentTarget);
      }}
      className="flex flex-wrap items-end gap-3"
    >
      <Field name="q" label={text.searchFor} type="search" maxLength={100} defaultValue={search.q ?? ""} placeholder={text.searchExample} className="w-full sm:w-72" />
      <Select
        name="show"
        label={text.show}
        defaultValue={search.show ?? ""}
        options={[{ value: "", label: text.all }, ...DRIVER_FILTERS.map((value) => ({ value, label: text.filters[value] }))]}
        onChange={({ currentTarget }) => currentTarget.form && apply(currentTarget.form)}
        className="w-full sm:w-56"
      />
      <Button type="submit">{text.find}</Button>
      {search.q || search.show ? (
        <Button variant="ghost" className="py-2.5!" onClick={() => onSearch({})}>
          {text.showAll}
        </Button>
      ) : null}
    </form>
  );
}

function Row({ driver }: { driver: DriverRow }) {
  return (
    <DriverLink driverId={driver.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 -outline-offset-2 hover:bg-(--hover)">
      <span className="min-w-40 flex-1">
        <span className="block font-medium wrap-anywhere">{driver.name ?? text.unnamed}</span>
        <span className="block text-xs text-(--muted)">
          {[text.since(formatDate(driver.created_at)), driver.missing.length && driver.state === "pending" ? text.lacks(driver.missing.map(describeCode).join(", ")) : ""].filter(Boolean).join(" · ")}
        </span>
      </span>
      <span className="flex flex-wrap gap-1.5">
        {driver.review ? <Badge tone="warning">{text.papersToReview}</Badge> : null}
        {driver.online ? <Badge tone="success">{text.online}</Badge> : null}
        <Badge tone={STATE_TONES[driver.application_state]}>{text.states[driver.application_state]}</Badge>
      </span>
    </DriverLink>
  );
}
