import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import type { DriverApplication } from "../../lib/api/types.ts";
import { useMissing } from "../../lib/useMissing.ts";

/** The driver may not go online yet: how far the application is, and what is next. */
export function ApprovalCard({ application: { state, missing, decision } }: { application: DriverApplication }) {
  const text = useTranslations("application");
  const names = useMissing();
  return (
    <section aria-label={text("title")} className="space-y-3">
      <h2 className="text-2xl font-semibold">{text(`states.${state}.title`)}</h2>
      <p className="text-(--muted)">{text(`states.${state}.about`)}</p>
      {decision?.reason ? <p className="rounded-xl bg-(--hover) p-3">{text("reason", { reason: decision.reason })}</p> : null}
      {missing.length > 0 ? <p>{text("missing", { what: missing.map(names).join(", ") })}</p> : null}
      <Link to="/apply" className="flex min-h-14 w-full items-center justify-center rounded-xl bg-(--accent) px-5 text-lg font-semibold text-(--on-accent) hover:bg-(--accent-hover)">
        {state === "draft" || state === "changes_requested" ? text("continue") : text("open")}
      </Link>
    </section>
  );
}
