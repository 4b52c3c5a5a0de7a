import { Button } from "@supportcarr/ui/Button";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useInfiniteQuery } from "@tanstack/react-query";

import { type AuditFilter, auditLogQueries } from "../../lib/api/auditLog.ts";
import type { AuditEntry } from "../../lib/api/types.ts";
import { formatDateTime } from "../../lib/format.ts";
import { describeCode, texts } from "../../lib/texts.ts";
import { AuditFilterForm } from "./AuditFilterForm.tsx";
import { describeChanges } from "./describeChanges.ts";

const text = texts.auditLog;

/** What operators did, newest first, with filters. */
export function AuditLog({ filter, onFilter }: { filter: AuditFilter; onFilter: (filter: AuditFilter) => void }) {
  const log = useInfiniteQuery(auditLogQueries.list(filter));
  const entries = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="space-y-4">
      <AuditFilterForm key={JSON.stringify(filter)} filter={filter} onFilter={onFilter} />
      {log.isError || log.isPaused ? <QueryState query={log}>{() => null}</QueryState> : null}
      <div hidden={(log.isError || log.isPaused) && entries.length === 0} className="overflow-x-auto rounded-xl border border-(--border) bg-(--surface)">
        <table className="w-full min-w-[56rem] text-left text-sm">
          <caption className="sr-only">{text.title}</caption>
          <thead className="border-b border-(--border) text-xs text-(--muted)">
            <tr>
              {[text.columns.when, text.columns.who, text.columns.action, text.columns.subject, text.columns.changes, text.columns.from].map((column) => (
                <th key={column} scope="col" className="px-4 py-2.5 font-medium">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-(--border)">
            {entries.map((entry) => (
              <Row key={entry.id} entry={entry} onFilter={onFilter} />
            ))}
          </tbody>
        </table>
        {log.isPending && !log.isPaused ? <p className="p-4 text-sm text-(--muted)">{texts.loading}</p> : null}
        {log.isSuccess && entries.length === 0 ? <p className="p-4 text-sm text-(--muted)">{text.none}</p> : null}
      </div>
      {log.hasNextPage ? (
        <Button variant="secondary" disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {log.isFetchingNextPage ? texts.loading : text.more}
        </Button>
      ) : null}
    </div>
  );
}

function Row({ entry, onFilter }: { entry: AuditEntry; onFilter: (filter: AuditFilter) => void }) {
  const changes = describeChanges(entry);
  return (
    <tr className="align-top">
      <td className="px-4 py-3 whitespace-nowrap tabular-nums">
        <time dateTime={entry.at}>{formatDateTime(entry.at)}</time>
      </td>
      <td className="px-4 py-3">
        <p className="first-letter:uppercase">{describeCode(entry.actor.role)}</p>
        {entry.actor.id ? <IdButton id={entry.actor.id} label={text.filterActor(entry.actor.id)} onClick={() => onFilter({ actor: entry.actor.id ?? undefined })} /> : null}
      </td>
      <td className="px-4 py-3 font-medium">{text.actions[entry.action] ?? entry.action}</td>
      <td className="px-4 py-3">
        <IdButton id={entry.subject} label={text.filterSubject(entry.subject)} onClick={() => onFilter({ subject: entry.subject })} />
        {entry.person_id && entry.person_id !== entry.subject ? (
          <IdButton id={entry.person_id} label={text.filterPerson(entry.person_id)} onClick={() => onFilter({ person: entry.person_id ?? undefined })} />
        ) : null}
      </td>
      <td className="max-w-sm px-4 py-3">
        {entry.erased ? <p className="text-(--muted)">{text.erased}</p> : null}
        {changes.map((change) => (
          <p key={change} className="wrap-anywhere">
            {change}
          </p>
        ))}
        {entry.reason ? <p className="text-(--muted)">{text.reason(entry.reason)}</p> : null}
      </td>
      <td className="px-4 py-3 whitespace-nowrap text-(--muted)">{entry.address ?? text.machine}</td>
    </tr>
  );
}

/** An id, shortened, that filters by itself. */
function IdButton({ id, label, onClick }: { id: string; label: string; onClick: () => void }) {
  return (
    <button type="button" title={id} aria-label={label} onClick={onClick} className="block min-h-6 max-w-44 truncate font-mono text-xs text-(--muted) underline-offset-4 hover:underline">
      {id}
    </button>
  );
}
