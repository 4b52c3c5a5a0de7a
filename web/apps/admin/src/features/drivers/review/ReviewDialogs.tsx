import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { TextArea } from "@supportcarr/ui/form/TextArea";

import type { DriverCheck, DriverRow, Refusal, ReviewDocument } from "../../../lib/api/types.ts";
import { describeCode, texts } from "../../../lib/texts.ts";
import { describeConflict } from "./meanwhile.ts";
import { ChangesDialog, RejectionDialog } from "./RefusalDialogs.tsx";

const text = texts.review;

export type OpenDialog = { kind: "document"; document: ReviewDocument } | { kind: "approve" | "reject" | "changes" };

interface ReviewDialogsProps {
  dialog: OpenDialog;
  driver: DriverRow;
  blockers: readonly string[];
  unchecked: readonly DriverCheck[];
  onClose: () => void;
  onApprove: (overrideReason?: string) => Promise<void>;
  onRejectDocument: (document: ReviewDocument, reason: string) => Promise<void>;
  onSendBack: (refusal: Refusal) => Promise<void>;
}

/** What the driver probably has to correct: what is missing, and documents that were rejected. */
function fieldsFor({ missing, uploaded_documents }: DriverRow): string[] {
  const fields: Record<string, string> = { licence: "licence_expires_on", insurance: "insurance_expires_on", vehicle: "vehicle" };
  const rejected = uploaded_documents?.some(({ state }) => state === "rejected") ?? false;
  return [...new Set([...missing.map((code) => fields[code] ?? "documents"), ...(rejected ? ["documents"] : [])])];
}

const sentenceOf = ({ kind, outcome }: DriverCheck): string => text.uncheckedAs(text.checkKinds[kind] ?? describeCode(kind), text.checkOutcomes[outcome] ?? describeCode(outcome));

/** The decisions that need a reason or a second look. */
export function ReviewDialogs({ dialog, driver, blockers, unchecked, onClose, onApprove, onRejectDocument, onSendBack }: ReviewDialogsProps) {
  const name = driver.name ?? texts.drivers.unnamed;
  switch (dialog.kind) {
    case "document": {
      const { document } = dialog;
      const kind = describeCode(document.kind);
      return (
        <RejectionDialog title={text.rejectTitle(kind)} about={text.rejectAbout} sentences={text.documentReasons} onReject={(reason) => onRejectDocument(document, reason)} onClose={onClose} />
      );
    }
    case "reject":
      return (
        <RejectionDialog
          title={text.rejectApplicationTitle(name)}
          about={text.rejectApplicationAbout}
          sentences={text.applicationReasons}
          onReject={(reason) => onSendBack({ reason, fields: [] })}
          onClose={onClose}
        />
      );
    case "changes":
      return <ChangesDialog name={name} fields={fieldsFor(driver)} onRequest={onSendBack} onClose={onClose} />;
    case "approve":
      return (
        <FormDialog
          title={text.approveAnyway(name)}
          about={[...(blockers.length ? [texts.drivers.approveMissing(blockers.map(describeCode).join(", "))] : []), ...unchecked.map(sentenceOf)].join(" ")}
          submit={text.approveDriver}
          pending={text.saving}
          onSubmit={(values) => onApprove(unchecked.length ? values("override_reason").trim() : undefined)}
          describeError={describeConflict}
          onClose={onClose}
        >
          {(form) =>
            unchecked.length ? <TextArea name="override_reason" label={text.overrideReason} rows={2} maxLength={500} required hint={text.overrideHint} error={form.errorOf("override_reason")} /> : null
          }
        </FormDialog>
      );
  }
}
