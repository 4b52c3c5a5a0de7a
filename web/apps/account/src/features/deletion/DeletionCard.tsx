import { toProblem } from "@supportcarr/client/http";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { problemText } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { account, accountQueries } from "../../lib/api/account.ts";
import { formatDate } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.deletion;

/** Deletes the account after a grace period, or keeps it after all.  `onDeleted`: the session has ended. */
export function DeletionCard({ onDeleted }: { onDeleted: () => void }) {
  const deletion = useQuery(accountQueries.deletion());
  const [asking, setAsking] = useState(false);
  const keep = useMutation({ mutationFn: account.keepAccount, onSuccess: () => deletion.refetch() });
  return (
    <Card title={text.title} about={text.about}>
      {keep.isSuccess && !deletion.data ? (
        <Notice tone="success" className="mb-4">
          {text.kept}
        </Notice>
      ) : null}
      {keep.isError ? (
        <Notice tone="danger" className="mb-4">
          {problemText(toProblem(keep.error))}
        </Notice>
      ) : null}
      {deletion.data ? (
        <>
          <Notice tone="warning" className="mb-4">
            {text.scheduled(formatDate(deletion.data.erase_at))}
          </Notice>
          <Button className="max-sm:w-full" disabled={keep.isPending} onClick={() => keep.mutate()}>
            {text.keep}
          </Button>
        </>
      ) : (
        <Button variant="secondary" className="text-(--danger-text)! max-sm:w-full" onClick={() => setAsking(true)}>
          {text.open}
        </Button>
      )}
      {asking ? (
        <FormDialog
          title={text.confirmTitle}
          about={text.confirmAbout}
          submit={text.submit}
          pending={text.pending}
          tone="danger"
          onSubmit={async () => {
            await account.requestDeletion();
            onDeleted();
          }}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </Card>
  );
}
