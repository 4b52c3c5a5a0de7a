import { Badge } from "@supportcarr/ui/Badge";
import { useQuery } from "@tanstack/react-query";

import { driverQueries } from "../lib/api/drivers.ts";
import { texts } from "../lib/texts.ts";

/** How many drivers wait for an operator, beside the name of the page that lists them; nothing while nobody does. */
export function WaitingBadge() {
  const count = useQuery(driverQueries.waiting()).data?.drivers ?? 0;
  if (count === 0) return null;
  return (
    <>
      {" "}
      <span aria-hidden="true">
        <Badge tone="warning">{count}</Badge>
      </span>
      <span className="sr-only">{texts.nav.waiting(count)}</span>
    </>
  );
}
