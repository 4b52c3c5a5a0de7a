import { Badge } from "@supportcarr/ui/Badge";
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
      <ul className="divide-y divide-(--border)">
        {checks.map(({ kind, done }) => (
          <li key={kind} className="flex min-h-14 items-center gap-3 py-3">
            <span className="min-w-0 flex-1">
              <span className="block text-lg">{text(`kinds.${kind}.name`)}</span>
              <span className="block text-sm text-(--muted)">{text(`kinds.${kind}.about`)}</span>
            </span>
            <Badge tone={done ? "success" : "info"}>{text(done ? "done" : "pending")}</Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}
