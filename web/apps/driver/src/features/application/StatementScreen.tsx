import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { Field } from "@supportcarr/ui/form/Field";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { drivingQueries, saveStatement } from "../../lib/api/driving.ts";
import type { DriverApplication } from "../../lib/api/types.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { useProblemText } from "@supportcarr/phone-app/useProblemText";

/** What the driver states: the licence and the insurance, and until when they are valid. */
export function StatementScreen() {
  const text = useTranslations("application");
  const application = useQuery(drivingQueries.application());
  return (
    <Screen title={text("statement")} back={{ to: "/apply" }}>
      <Loaded query={application}>{(data) => <StatementForm application={data} />}</Loaded>
    </Screen>
  );
}

function StatementForm({ application }: { application: DriverApplication }) {
  const text = useTranslations("application");
  const common = useTranslations("common");
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const sentence = useProblemText();
  const form = useSubmission(async (values) => {
    await saveStatement({
      licence_class: values("licence_class").trim(),
      licence_expires_on: values("licence_expires_on"),
      insurer: values("insurer").trim(),
      insurance_expires_on: values("insurance_expires_on"),
    });
    await queryClient.invalidateQueries({ queryKey: drivingQueries.all() });
    await navigate({ to: "/apply" });
  }, sentence);
  const field = (name: "licence_class" | "licence_expires_on" | "insurer" | "insurance_expires_on") => ({ name, label: text(`fields.${name}`), required: true, defaultValue: application[name] ?? "", error: form.errorOf(name) });
  return (
    <form onSubmit={form.onSubmit} className="space-y-4">
      <Field {...field("licence_class")} type="text" maxLength={40} autoComplete="off" hint={text("fields.classHint")} />
      <Field {...field("licence_expires_on")} type="date" />
      <Field {...field("insurer")} type="text" maxLength={80} autoComplete="off" />
      <Field {...field("insurance_expires_on")} type="date" />
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <SubmitButton label={common("save")} pendingLabel={common("saving")} pending={form.pending} className="min-h-13 w-full" />
    </form>
  );
}
