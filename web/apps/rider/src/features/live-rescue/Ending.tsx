import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { mayRate, type Phase } from "../../lib/rescuePhase.ts";
import { AskAgain } from "./AskAgain.tsx";

const LINK = "flex min-h-13 w-full items-center justify-center rounded-xl px-5 font-medium";

const WITH_RECEIPT = new Set<Phase>(["delivered", "fixedOnSpot", "cancelled", "noShow", "aborted"]);
const AGAIN = new Set<Phase>(["unserved", "rejected", "cancelled"]);

/** What comes after a rescue: rating, receipt, or asking again. */
export function Ending({ rescue, phase }: { rescue: Rescue; phase: Phase }) {
  const text = useTranslations("live.ending");
  const ratable = mayRate(phase) && rescue.driver !== null && rescue.driver !== undefined;
  const ratings = useQuery({ ...rescueQueries.ratings(rescue.id), enabled: ratable });
  const rated = Boolean(ratings.data?.mine);
  const params = { rescueId: rescue.id };
  return (
    <div className="space-y-2.5">
      {mayRate(phase) && rescue.driver ? (
        <Link to="/rescues/$rescueId/rating" params={params} className={`${LINK} ${rated ? "border border-(--border-strong) bg-(--surface) hover:bg-(--hover)" : "bg-(--accent) text-(--on-accent) hover:bg-(--accent-hover)"}`}>
          {rated ? text("rated") : text("rate", { driver: rescue.driver.name.split(" ")[0] ?? "" })}
        </Link>
      ) : null}
      {AGAIN.has(phase) ? <AskAgain rescue={rescue} prominent={phase !== "cancelled"} /> : null}
      {WITH_RECEIPT.has(phase) ? (
        <Link to="/rescues/$rescueId/receipt" params={params} className={`${LINK} border border-(--border-strong) bg-(--surface) hover:bg-(--hover)`}>
          {text("receipt")}
        </Link>
      ) : null}
    </div>
  );
}
