import { Card } from "@supportcarr/ui/Card";

import type { DriverRow } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";
import { PaperTable } from "./PaperTable.tsx";

/** What the driver stated of licence and insurance. */
export function DriverPapers({ driver }: { driver: DriverRow }) {
  return (
    <Card title={texts.drivers.papersTitle} className="text-sm">
      <PaperTable approved={driver.documents} stated={driver.review} />
    </Card>
  );
}
