import { toProblem } from "@supportcarr/client/http";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { problemText } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { account, accountQueries } from "../../lib/api/account.ts";
import { formatDate } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.data;
const STORAGE_KEY = "supportcarr.account.export"; // the id of the last copy, so that a reload finds it

/** Asks for a copy of the person's data, waits for it, and downloads it. */
export function DataExportCard() {
  const [exportId, setExportId] = useState(() => sessionStorage.getItem(STORAGE_KEY));
  const request = useMutation({
    mutationFn: account.requestExport,
    onSuccess: ({ id }) => {
      sessionStorage.setItem(STORAGE_KEY, id);
      setExportId(id);
    },
  });
  return (
    <Card title={text.title} about={text.about}>
      {exportId ? <ExportState id={exportId} /> : null}
      {request.isError ? (
        <Notice tone="danger" className="mb-4">
          {problemText(toProblem(request.error))}
        </Notice>
      ) : null}
      <Button variant="secondary" className="max-sm:w-full" disabled={request.isPending} onClick={() => request.mutate()}>
        {request.isPending ? text.requesting : text.request}
      </Button>
    </Card>
  );
}

function ExportState({ id }: { id: string }) {
  const dataExport = useQuery(accountQueries.dataExport(id));
  const download = useMutation({
    mutationFn: async () => {
      const url = URL.createObjectURL(await account.archiveOf(id));
      const link = document.createElement("a");
      link.href = url;
      link.download = `${id}.zip`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
  });
  if (dataExport.isError || download.isError) {
    return (
      <Notice tone="danger" className="mb-4">
        {text.failed}
      </Notice>
    );
  }
  if (dataExport.data === undefined) return null;
  if (dataExport.data === null) {
    return (
      <Notice tone="info" className="mb-4">
        {text.expired}
      </Notice>
    );
  }
  if (dataExport.data.state === "preparing") {
    return (
      <Notice tone="info" className="mb-4">
        {text.preparing}
      </Notice>
    );
  }
  return (
    <Notice tone="success" className="mb-4">
      <p>{text.ready(formatDate(dataExport.data.expires_at))}</p>
      <Button className="mt-3 mb-1 w-full sm:w-auto" disabled={download.isPending} onClick={() => download.mutate()}>
        {text.download}
      </Button>
    </Notice>
  );
}
