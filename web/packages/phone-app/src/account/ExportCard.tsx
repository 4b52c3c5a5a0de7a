import { tabStorage } from "@supportcarr/client/browserStorage";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { Card } from "@supportcarr/ui/Card";
import { download } from "@supportcarr/ui/download";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { useSend } from "../useSend.ts";

/** Asks for a copy of the person's data, waits for it, and downloads it. */
export function ExportCard() {
  const text = useTranslations("privacy.data");
  const { account, role, session } = usePhoneApp();
  const storageKey = `supportcarr.${role}.export.${session.personId() ?? ""}`; // the id of the person's last copy, so that a reload finds it
  const [exportId, setExportId] = useState(() => tabStorage.getItem(storageKey));
  const { busy, send } = useSend();
  const request = () =>
    send(async () => {
      const { id } = await account.requestExport();
      tabStorage.setItem(storageKey, id);
      setExportId(id);
    });
  return (
    <Card title={text("title")} about={text("about")}>
      {exportId ? <ExportState id={exportId} /> : null}
      <Button variant="secondary" block busy={busy} onClick={() => void request()}>
        {busy ? text("requesting") : text("request")}
      </Button>
    </Card>
  );
}

function ExportState({ id }: { id: string }) {
  const text = useTranslations("privacy.data");
  const formats = useFormats();
  const { account, accountQueries } = usePhoneApp();
  const { data, isError } = useQuery(accountQueries.dataExport(id));
  const { busy, send } = useSend();
  const fetchCopy = () => send(async () => download(await account.archiveOf(id), `${id}.zip`));
  if (isError) {
    return (
      <Notice tone="danger" className="mb-4">
        {text("failed")}
      </Notice>
    );
  }
  if (data === undefined) return null;
  if (data?.state !== "ready") {
    return (
      <Notice tone="info" className="mb-4">
        {data === null ? text("expired") : text("preparing")}
      </Notice>
    );
  }
  return (
    <Notice tone="success" className="mb-4">
      <p>{text("ready", { until: formats.date(data.expires_at) })}</p>
      <Button block className="mt-3 mb-1" busy={busy} onClick={() => void fetchCopy()}>
        {text("download")}
      </Button>
    </Notice>
  );
}
