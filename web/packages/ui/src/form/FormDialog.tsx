import type { ReactNode } from "react";

import { SubmitButton } from "../account/SubmitButton.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";
import { Button } from "../Button.tsx";
import { Modal } from "../Modal.tsx";
import { Notice } from "../Notice.tsx";
import { type DescribeError, type FormValues, type Submission, useSubmission } from "./useSubmission.ts";

interface FormDialogProps {
  title: string;
  about?: ReactNode;
  /** What the button that sends it says, and while it is sent. */
  submit: string;
  pending: string;
  /** What the button that closes it says, where "Cancel" would be unclear. */
  cancel?: string;
  tone?: "primary" | "danger";
  /** Sends it; whoever opened the dialog closes it. */
  onSubmit: (values: FormValues) => Promise<unknown>;
  describeError?: DescribeError;
  /** Whether it must not be sent now, for example while a file is uploaded. */
  blocked?: boolean;
  onClose: () => void;
  /** The fields; none if it is only a question. */
  children?: (form: Submission) => ReactNode;
}

/** A dialog with a form, or one question before something that matters. */
export function FormDialog({ title, about, submit, pending, cancel, tone = "primary", onSubmit, describeError, blocked = false, onClose, children }: FormDialogProps) {
  const uiTexts = useUiTexts();
  const form = useSubmission(onSubmit, describeError);
  return (
    <Modal title={title} about={about} onClose={onClose}>
      <form onSubmit={blocked ? (event) => event.preventDefault() : form.onSubmit} className="space-y-4">
        {children?.(form)}
        {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
        <div className="flex flex-col gap-2 sm:flex-row-reverse sm:flex-wrap">
          <SubmitButton variant={tone} label={submit} pendingLabel={pending} pending={form.pending} blocked={blocked} />
          <Button variant="secondary" onClick={onClose}>
            {cancel ?? uiTexts.cancel}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
