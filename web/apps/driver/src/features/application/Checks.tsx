import { Badge } from "@supportcarr/ui/Badge";
import { ListRow } from "@supportcarr/ui/ListRow";
import { IdCard, ShieldCheck } from "lucide-react";
import { useTranslations } from "use-intl";

import type { DriverApplication } from "../../lib/api/types.ts";

/** The checks by outside providers; what they found is for the operators. */
export function Checks({ application: { checks, state } }: { application: DriverApplication }) {
  const text = useTranslations("application.checks");
  if (checks.length === 0) return null;
  const open = checks.filter(({ done }) => !done).length;
  const waits = state === "submitted" || state === "in_review";
  return (
    <section aria-label={text("title")} className="mt-6">
      <h2 className="text-lg font-semibold">{text("title")}</h2>
      <p className="mt-1 text-(--muted)">{open > 0 ? text("underWay") : waits ? text("decided") : text("about")}</p>
      <ul className="mt-3 divide-y divide-(--border) rounded-card border border-(--border) bg-(--surface) px-3">
        {checks.map(({ kind, done }) => (
          <li key={kind}>
            <ListRow
              icon={kind === "identity" ? <IdCard className="size-5" /> : <ShieldCheck className="size-5" />}
              title={text(`kinds.${kind}.name`)}
              detail={text(`kinds.${kind}.about`)}
              end={<Badge tone={done ? "success" : "info"}>{text(done ? "done" : "pending")}</Badge>}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
