import { Choices } from "@supportcarr/ui/form/Choices";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import type { FormValues } from "@supportcarr/ui/form/useSubmission";

import { approveDriver, endSuspension, sendBack, suspendDriver } from "../../lib/api/drivers.ts";
import type { DriverRow, Refusal } from "../../lib/api/types.ts";
import { describeCode, texts } from "../../lib/texts.ts";

const text = texts.drivers;

export type Decision = "approve" | "sendBack" | "suspend" | "reinstate";

const FIELDS = ["licence_class", "licence_expires_on", "insurer", "insurance_expires_on", "vehicle"] as const;

interface DecisionDialogProps {
  driver: DriverRow;
  decision: Decision;
  onClose: () => void;
  onDecided: (message: string) => Promise<void>;
}

async function carryOut(decision: Decision, driverId: string, values: FormValues): Promise<void> {
  const reason = values("reason").trim();
  if (decision === "approve") await approveDriver(driverId);
  else if (decision === "sendBack") await sendBack(driverId, { reason, fields: values.all("fields") as NonNullable<Refusal["fields"]> });
  else if (decision === "suspend") await suspendDriver(driverId, reason);
  else await endSuspension(driverId, reason);
}

/** A decision about a driver; all but an approval need a reason, which the driver reads. */
export function DecisionDialog({ driver, decision, onClose, onDecided }: DecisionDialogProps) {
  const name = driver.name ?? text.unnamed;
  const words = text.decisions[decision];
  const about = decision === "approve" && driver.missing.length ? text.approveMissing(driver.missing.map(describeCode).join(", ")) : words.about;
  return (
    <FormDialog
      title={words.title(name)}
      about={about}
      submit={words.submit}
      pending={text.saving}
      tone={decision === "suspend" ? "danger" : "primary"}
      onSubmit={async (values) => {
        await carryOut(decision, driver.id, values);
        await onDecided(words.done(name));
      }}
      onClose={onClose}
    >
      {(form) =>
        decision === "approve" ? null : (
          <>
            {decision === "sendBack" ? (
              <Choices
                legend={text.fields}
                name="fields"
                multiple
                choices={FIELDS.map((value) => ({ value, label: value === "vehicle" ? describeCode(value) : text.papers[value] }))}
                hint={text.fieldsHint}
                error={form.errorOf("fields")}
              />
            ) : null}
            <TextArea name="reason" label={text.reason} required maxLength={500} hint={text.reasonHint} error={form.errorOf("reason")} />
          </>
        )
      }
    </FormDialog>
  );
}
