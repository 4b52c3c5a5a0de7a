import { toProblem } from "@supportcarr/client/http";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { problemText } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useMutation } from "@tanstack/react-query";

import { becomeDriver } from "../../lib/api/driving.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.becomeDriver;

/** Makes a rider a driver too, who then applies. */
export function BecomeDriverCard({ onDone }: { onDone: () => Promise<unknown> }) {
  const start = useMutation({ mutationFn: becomeDriver, onSuccess: onDone });
  return (
    <Card title={text.title} about={text.about}>
      {start.isError ? (
        <Notice tone="danger" className="mb-4">
          {problemText(toProblem(start.error))}
        </Notice>
      ) : null}
      <Button className="max-sm:w-full" disabled={start.isPending} onClick={() => start.mutate()}>
        {start.isPending ? text.starting : text.start}
      </Button>
    </Card>
  );
}
