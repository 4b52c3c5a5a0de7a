import type { AuditEntry } from "../../lib/api/types.ts";
import { formatDateTime, humanizeCode } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

type Fact = NonNullable<AuditEntry["before"]>[string];

const describe = (fact: Fact | undefined): string => {
  if (fact === undefined || fact === null || fact === "") return texts.auditLog.nothing;
  if (Array.isArray(fact)) return fact.length ? fact.join(", ") : texts.auditLog.nothing;
  if (typeof fact === "boolean") return fact ? texts.yes : texts.no;
  if (typeof fact === "string" && TIME.test(fact)) return formatDateTime(fact);
  return String(fact);
};

/** One sentence for each figure that an action changed: `Roles: rider → rider, support`. */
export function describeChanges({ before = {}, after = {} }: Pick<AuditEntry, "before" | "after">): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !(name in before && name in after) || describe(before[name]) !== describe(after[name]));
  return names.map((name) => {
    const label = humanizeCode(name);
    if (!(name in before)) return `${label}: ${describe(after[name])}`;
    return texts.auditLog.change(label, describe(before[name]), describe(after[name]));
  });
}
