import { Choices } from "@supportcarr/ui/form/Choices";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import { type FormValues, InvalidFields, type Submission } from "@supportcarr/ui/form/useSubmission";

import type { Refusal } from "../../../lib/api/types.ts";
import { describeCode, texts } from "../../../lib/texts.ts";
import { describeConflict } from "./meanwhile.ts";

const text = texts.review;
const REASON_MAX = 500;

type Fields = NonNullable<Refusal["fields"]>;
const FIELDS = ["licence_class", "licence_expires_on", "insurer", "insurance_expires_on", "vehicle", "documents"] as const satisfies Fields;

const labelOf = (field: Fields[number]): string => (field === "vehicle" || field === "documents" ? describeCode(field) : texts.drivers.papers[field]);

/** The chosen sentences and the operator's own words, as one text that the driver reads. */
export function reasonOf(values: FormValues): string {
  const reason = [...values.all("reasons"), values("reason").trim()].filter(Boolean).join(" ");
  if (!reason) throw new InvalidFields({ reasons: text.reasonMissing });
  if (reason.length > REASON_MAX) throw new InvalidFields({ reason: text.reasonTooLong(REASON_MAX) });
  return reason;
}

/** Ready sentences, and room for others. */
function Reasons({ form, sentences }: { form: Submission; sentences: readonly string[] }) {
  return (
    <>
      <Choices legend={text.reasons} name="reasons" multiple columns={1} choices={sentences.map((sentence) => ({ value: sentence, label: sentence }))} error={form.errorOf("reasons")} />
      <TextArea name="reason" label={text.words} rows={2} maxLength={400} hint={text.reasonHint} error={form.errorOf("reason")} />
    </>
  );
}

interface RejectionDialogProps {
  title: string;
  about: string;
  sentences: readonly string[];
  onReject: (reason: string) => Promise<void>;
  onClose: () => void;
}

/** Why a document or an application is not accepted. */
export function RejectionDialog({ title, about, sentences, onReject, onClose }: RejectionDialogProps) {
  return (
    <FormDialog
      title={title}
      about={about}
      submit={text.reject}
      pending={text.saving}
      tone="danger"
      onSubmit={(values) => onReject(reasonOf(values))}
      describeError={describeConflict}
      onClose={onClose}
    >
      {(form) => <Reasons form={form} sentences={sentences} />}
    </FormDialog>
  );
}

interface ChangesDialogProps {
  name: string;
  /** What is chosen at first. */
  fields: readonly string[];
  onRequest: (refusal: Refusal) => Promise<void>;
  onClose: () => void;
}

/** What the driver is to correct before the application is looked at again. */
export function ChangesDialog({ name, fields, onRequest, onClose }: ChangesDialogProps) {
  function request(values: FormValues) {
    const chosen = values.all("fields") as Fields;
    if (chosen.length === 0) throw new InvalidFields({ fields: text.fieldsMissing });
    return onRequest({ reason: reasonOf(values), fields: chosen });
  }
  return (
    <FormDialog
      title={text.changesTitle(name)}
      about={text.changesAbout}
      submit={text.changes}
      pending={text.saving}
      onSubmit={async (values) => request(values)}
      describeError={describeConflict}
      onClose={onClose}
    >
      {(form) => (
        <>
          <Choices
            legend={texts.drivers.fields}
            name="fields"
            multiple
            chosen={fields}
            choices={FIELDS.map((value) => ({ value, label: labelOf(value) }))}
            error={form.errorOf("fields")}
          />
          <Reasons form={form} sentences={text.changesReasons} />
        </>
      )}
    </FormDialog>
  );
}
