import { toProblem } from "@supportcarr/client/http";
import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { accountTexts } from "@supportcarr/ui/account/texts";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { problemText, useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Modal } from "@supportcarr/ui/Modal";
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
        <Button variant="secondary" className="text-rose-700 max-sm:w-full dark:text-rose-300" onClick={() => setAsking(true)}>
          {text.open}
        </Button>
      )}
      {asking ? <Confirmation onClose={() => setAsking(false)} onDeleted={onDeleted} /> : null}
    </Card>
  );
}

function Confirmation({ onClose, onDeleted }: { onClose: () => void; onDeleted: () => void }) {
  const form = useSubmission(async () => {
    await account.requestDeletion();
    onDeleted();
  });
  return (
    <Modal title={text.confirmTitle} about={text.confirmAbout} onClose={onClose}>
      <form onSubmit={form.onSubmit}>
        {form.message ? (
          <Notice tone="danger" className="mb-4">
            {form.message}
          </Notice>
        ) : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button variant="secondary" onClick={onClose}>
            {accountTexts.cancel}
          </Button>
          <SubmitButton variant="danger" label={text.submit} pendingLabel={text.pending} pending={form.pending} />
        </div>
      </form>
    </Modal>
  );
}
