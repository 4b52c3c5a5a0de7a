import { Badge } from "@supportcarr/ui/Badge";
import { Card } from "@supportcarr/ui/Card";

import type { DriverRow } from "../../lib/api/types.ts";
import { formatDay } from "../../lib/format.ts";
import { describeCode, texts } from "../../lib/texts.ts";
import { DOCUMENT_TONES } from "./driverState.ts";

const text = texts.drivers;

/** The documents that a driver has uploaded, with small pictures that open the whole ones. */
export function DriverDocuments({ driver: { uploaded_documents: documents } }: { driver: DriverRow }) {
  if (!documents) return null;
  return (
    <Card title={text.documents}>
      {documents.length === 0 ? <p className="text-sm text-(--muted)">{text.noDocuments}</p> : null}
      <ul className="divide-y divide-(--border)">
        {documents.map(({ id, kind, state, expires_on, reason, files }) => (
          <li key={id} className="flex flex-wrap items-center gap-3 py-3 first:pt-0 last:pb-0">
            {files.map((file, page) =>
              file.url ? (
                <a
                  key={file.id}
                  href={file.url}
                  target="_blank"
                  rel="noreferrer"
                  aria-label={text.openPage(describeCode(kind), page + 1)}
                  className="block size-14 overflow-hidden rounded-lg border border-(--border) bg-(--background)"
                >
                  {file.thumbnail_url ? <img src={file.thumbnail_url} alt="" className="size-full object-cover" /> : <span className="grid size-full place-items-center text-xs">{text.pdf}</span>}
                </a>
              ) : null,
            )}
            <span className="min-w-32 flex-1 text-sm">
              <span className="block font-medium">{describeCode(kind)}</span>
              <span className="block text-xs wrap-anywhere text-(--muted)">{[expires_on ? text.validUntil(formatDay(expires_on)) : "", reason ?? ""].filter(Boolean).join(" · ")}</span>
            </span>
            <Badge tone={DOCUMENT_TONES[state]}>{texts.review.documentStates[state]}</Badge>
          </li>
        ))}
      </ul>
    </Card>
  );
}
