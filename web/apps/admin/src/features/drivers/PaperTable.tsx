import { Badge } from "@supportcarr/ui/Badge";

import type { DriverRow } from "../../lib/api/types.ts";
import { useToday } from "../../lib/area.ts";
import { texts } from "../../lib/texts.ts";
import { comparePapers } from "./papers.ts";

const text = texts.drivers;

/** The papers of a driver; if others wait for a decision, both beside each other with what differs marked. */
export function PaperTable({ approved, stated }: { approved: DriverRow["documents"]; stated: DriverRow["review"] }) {
  const lines = comparePapers(approved, stated, useToday());
  return (
    <table className="w-full text-left">
      <caption className="sr-only">{text.papersTitle}</caption>
      <thead className={stated ? "text-xs text-(--muted)" : "sr-only"}>
        <tr>
          <th scope="col" className="w-1/3 py-1 pr-3 font-medium">
            {text.paper}
          </th>
          <th scope="col" className="py-1 pr-3 font-medium">
            {text.counts}
          </th>
          {stated ? (
            <th scope="col" className="py-1 font-medium">
              {text.statedSince}
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody className="divide-y divide-(--border)">
        {lines.map(({ name, current, stated: next, changed, end }) => {
          const badge = end ? <Badge tone={end === "over" ? "danger" : "warning"}>{end === "over" ? text.isOver : text.endsSoon}</Badge> : null;
          return (
            <tr key={name} className="align-baseline">
              <th scope="row" className="py-2 pr-3 font-normal text-(--muted)">
                {name}
              </th>
              <td className="py-2 pr-3 wrap-anywhere">
                {current ?? text.notStated} {stated ? null : badge}
              </td>
              {stated ? (
                <td className="py-2 wrap-anywhere">
                  <span className={changed ? "font-semibold" : "text-(--muted)"}>{changed ? (next ?? text.notStated) : text.same}</span> {badge}
                </td>
              ) : null}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
