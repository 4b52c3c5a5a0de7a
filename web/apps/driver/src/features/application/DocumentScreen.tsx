import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { Field } from "@supportcarr/ui/form/Field";
import { FileUpload } from "@supportcarr/ui/form/FileUpload";
import { InvalidFields, useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Select } from "@supportcarr/ui/form/Select";
import { Notice } from "@supportcarr/ui/Notice";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { drivingQueries, sendDocument, uploadDocument } from "../../lib/api/driving.ts";
import type { DocumentKind, DriverApplication, Vehicle } from "../../lib/api/types.ts";
import { DOCUMENT_KINDS, EXPIRES, latestOf, MAY_BE_PDF } from "../../lib/applicationSteps.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";

const OF_VEHICLE = new Set<DocumentKind>(["registration", "vehicle_photo"]);

/** One document: how far it is, and a new photo of it. */
export function DocumentScreen() {
  const text = useTranslations("application");
  const { kind: wanted } = useParams({ from: "/signed-in/apply/documents/$kind" });
  const kind = DOCUMENT_KINDS.find((known) => known === wanted);
  const application = useQuery(drivingQueries.application());
  const vehicles = useQuery(drivingQueries.vehicles());
  if (!kind) return <Navigate to="/apply" replace />;
  return (
    <Screen title={text(`kinds.${kind}`)} back={{ to: "/apply" }}>
      <Loaded query={application}>{(data) => <Loaded query={vehicles}>{(items) => <DocumentForm kind={kind} application={data} vehicles={items} />}</Loaded>}</Loaded>
    </Screen>
  );
}

function DocumentForm({ kind, application, vehicles }: { kind: DocumentKind; application: DriverApplication; vehicles: readonly Vehicle[] }) {
  const text = useTranslations("application");
  const formats = useFormats();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const sentence = useProblemText();
  const [fileId, setFileId] = useState<string | null>(null);
  const [uploading, setUploading] = useState(false);
  const latest = latestOf(application.documents, kind);
  const stated = kind === "licence" ? application.licence_expires_on : kind === "insurance" ? application.insurance_expires_on : null;
  const ofVehicle = OF_VEHICLE.has(kind);
  const form = useSubmission(async (values) => {
    if (!fileId) throw new InvalidFields({ file_ids: text("fileMissing") });
    await sendDocument(kind, {
      file_ids: [fileId],
      ...(EXPIRES.has(kind) ? { expires_on: values("expires_on"), number: values("number").trim() || null } : {}),
      ...(ofVehicle ? { vehicle_id: values("vehicle_id") || null } : {}),
    });
    await queryClient.invalidateQueries({ queryKey: drivingQueries.all() });
    await navigate({ to: "/apply" });
  }, sentence);
  if (ofVehicle && vehicles.length === 0) return <Notice tone="info">{text("vehicleFirst")}</Notice>;
  return (
    <form onSubmit={form.onSubmit} className="space-y-5">
      {latest ? (
        <Notice tone={latest.state === "approved" ? "success" : latest.state === "pending" ? "info" : "danger"}>
          <p className="font-medium">{text(`documentStates.${latest.state}`)}</p>
          {latest.reason ? <p>{text("reason", { reason: latest.reason })}</p> : null}
          <p>{text("sentOn", { date: formats.dateTime(latest.uploaded_at) })}</p>
        </Notice>
      ) : null}
      <p>{text(`hints.${kind}`)}</p>
      <FileUpload
        label={text("photo")}
        pdf={MAY_BE_PDF.has(kind)}
        current={latest?.files[0] ? (latest.files[0].thumbnail_url ?? "") : null}
        error={form.errorOf("file_ids")}
        upload={(file, options) => uploadDocument(kind, file, options)}
        onUploaded={({ id }) => setFileId(id)}
        onBusy={setUploading}
      />
      {EXPIRES.has(kind) ? (
        <>
          <Field name="expires_on" type="date" required label={text("fields.expires_on")} defaultValue={stated ?? ""} error={form.errorOf("expires_on")} />
          <Field name="number" type="text" maxLength={60} autoComplete="off" label={text("fields.number")} error={form.errorOf("number")} />
        </>
      ) : null}
      {ofVehicle && vehicles.length > 1 ? (
        <Select name="vehicle_id" label={text("vehicle")} options={vehicles.map(({ id, make, model, plate }) => ({ value: id, label: `${make} ${model} · ${plate}` }))} error={form.errorOf("vehicle_id")} />
      ) : null}
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <SubmitButton label={text("sendDocument")} pendingLabel={text("sendingDocument")} pending={form.pending} blocked={uploading} className="min-h-13 w-full" />
    </form>
  );
}
