import type { AuditEntry } from "../../lib/api/types.ts";
import { humanizeCode } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

type Fact = NonNullable<AuditEntry["before"]>[string];

const describe = (fact: Fact | undefined): string => {
  if (fact === undefined || fact === null || fact === "") return texts.auditLog.nothing;
  if (Array.isArray(fact)) return fact.length ? fact.join(", ") : texts.auditLog.nothing;
  if (typeof fact === "boolean") return fact ? texts.yes : texts.no;
  return String(fact);
};

/** One sentence for each figure that an action changed: `Roles: rider → rider, support`. */
export function describeChanges({ before = {}, after = {} }: Pick<AuditEntry, "before" | "after">): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.map((name) => {
    const label = humanizeCode(name);
    if (!(name in before)) return `${label}: ${describe(after[name])}`;
    return texts.auditLog.change(label, describe(before[name]), describe(after[name]));
  });
}
