import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { Card } from "@supportcarr/ui/Card";
import { Field } from "@supportcarr/ui/form/Field";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { QueryState } from "@supportcarr/ui/QueryState";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { drivingQueries, saveStatement, submitApplication } from "../../lib/api/driving.ts";
import type { DriverApplication } from "../../lib/api/types.ts";
import { formatDate } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.application;

const TONES: Record<string, "info" | "success" | "warning" | "danger"> = { approved: "success", changes_requested: "warning", rejected: "danger", suspended: "danger" };

/** How far the application to drive is, what is missing, and what the driver states. */
export function ApplicationCard() {
  const application = useQuery(drivingQueries.application());
  return (
    <Card title={text.title} about={text.about}>
      <QueryState query={application}>{(data) => <Application application={data} />}</QueryState>
    </Card>
  );
}

function Application({ application }: { application: DriverApplication }) {
  const { state, missing, in_review, documents_until, decision } = application;
  const submittable = (state === "draft" || state === "changes_requested") && missing.length === 0;
  return (
    <>
      <Notice tone={TONES[state] ?? "info"} className="mb-5">
        <p className="font-medium">{text.states[state] ?? state}</p>
        {missing.length ? <p className="mt-0.5">{text.missing(missing.map((what) => text.names[what] ?? what).join(", "))}</p> : null}
        {decision?.reason ? <p className="mt-0.5">{text.reason(decision.reason)}</p> : null}
        {submittable ? <p className="mt-0.5">{text.complete}</p> : null}
        {in_review && state === "approved" ? <p className="mt-0.5">{text.inReview}</p> : null}
        {documents_until && state === "approved" ? <p className="mt-0.5">{text.documentsUntil(formatDate(documents_until))}</p> : null}
      </Notice>
      <Statement application={application} />
      {submittable ? <Submission /> : null}
    </>
  );
}

function Submission() {
  const queryClient = useQueryClient();
  const form = useSubmission(async () => {
    await submitApplication();
    await queryClient.invalidateQueries({ queryKey: drivingQueries.all() });
  });
  return (
    <form onSubmit={form.onSubmit} className="mt-5 space-y-4">
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <SubmitButton label={text.submitApplication} pendingLabel={text.submitting} pending={form.pending} className="max-sm:w-full" />
    </form>
  );
}

function Statement({ application }: { application: DriverApplication }) {
  const queryClient = useQueryClient();
  const [saved, setSaved] = useState(false);
  const form = useSubmission(async (values) => {
    setSaved(false);
    await saveStatement({
      licence_class: values("licence_class").trim(),
      licence_expires_on: values("licence_expires_on"),
      insurer: values("insurer").trim(),
      insurance_expires_on: values("insurance_expires_on"),
    });
    await queryClient.invalidateQueries({ queryKey: drivingQueries.all() });
    setSaved(true);
  });
  return (
    <form onSubmit={form.onSubmit} className="space-y-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          name="licence_class"
          label={text.fields.licence_class}
          type="text"
          required
          maxLength={40}
          autoComplete="off"
          hint={text.classHint}
          defaultValue={application.licence_class ?? ""}
          error={form.errorOf("licence_class")}
        />
        <Field
          name="licence_expires_on"
          label={text.fields.licence_expires_on}
          type="date"
          required
          defaultValue={application.licence_expires_on ?? ""}
          error={form.errorOf("licence_expires_on")}
        />
        <Field name="insurer" label={text.fields.insurer} type="text" required maxLength={80} autoComplete="off" defaultValue={application.insurer ?? ""} error={form.errorOf("insurer")} />
        <Field
          name="insurance_expires_on"
          label={text.fields.insurance_expires_on}
          type="date"
          required
          defaultValue={application.insurance_expires_on ?? ""}
          error={form.errorOf("insurance_expires_on")}
        />
      </div>
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      {saved ? <Notice tone="success">{text.saved}</Notice> : null}
      <SubmitButton label={text.submit} pendingLabel={texts.saving} pending={form.pending} className="max-sm:w-full" />
    </form>
  );
}
