import { useSyncExternalStore } from "react";

import type { StepUp } from "@supportcarr/client/stepUp";

import { Button } from "../Button.tsx";
import { CodeField } from "../form/CodeField.tsx";
import { useSubmission } from "../form/useSubmission.ts";
import { Modal } from "../Modal.tsx";
import { Notice } from "../Notice.tsx";
import { SubmitButton } from "./SubmitButton.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";


/** Asks for a fresh code whenever a request needs one; the request then goes on.  Mounted once in an app. */
export function StepUpDialog({ stepUp }: { stepUp: StepUp }) {
  const asked = useSyncExternalStore(stepUp.subscribe, stepUp.isAsked);
  return asked ? <CodeDialog stepUp={stepUp} /> : null;
}

function CodeDialog({ stepUp }: { stepUp: StepUp }) {
  const text = useUiTexts().stepUp;
  const uiTexts = useUiTexts();
  const form = useSubmission((values) => stepUp.answer(values("totp_code").replaceAll(" ", "")));
  return (
    <Modal title={text.title} about={text.about} onClose={stepUp.cancel}>
      <form onSubmit={form.onSubmit} className="space-y-4">
        <CodeField name="totp_code" label={uiTexts.fields.code} required autoFocus error={form.errorOf("totp_code")} />
        {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
        <div className="flex justify-end gap-2">
          <Button variant="secondary" onClick={stepUp.cancel}>
            {uiTexts.cancel}
          </Button>
          <SubmitButton label={text.submit} pendingLabel={text.pending} pending={form.pending} />
        </div>
      </form>
    </Modal>
  );
}
