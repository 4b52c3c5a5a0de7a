import { toProblem } from "@supportcarr/client/http";
import { useEffect, useState } from "react";

import { Button } from "../Button.tsx";
import { CodeField } from "../form/CodeField.tsx";
import { problemText, useSubmission } from "../form/useSubmission.ts";
import { Notice } from "../Notice.tsx";
import { SubmitButton } from "./SubmitButton.tsx";
import { formatPhone } from "../formatPhone.ts";
import { useUiTexts } from "../texts/useUiTexts.ts";

interface PhoneVerificationProps {
  phone: string;
  /** How long a code is valid, in words. */
  validFor: string;
  onCode: (code: string) => Promise<unknown>;
  onResend: () => Promise<unknown>;
}

const RESEND_PAUSE_S = 30;

/** The code that was sent to the person's number. */
export function PhoneVerification({ phone, validFor, onCode, onResend }: PhoneVerificationProps) {
  const text = useUiTexts().verification;
  const uiTexts = useUiTexts();
  const form = useSubmission((values) => onCode(values("code").replaceAll(" ", "")));
  const [resent, setResent] = useState<{ tone: "success" | "danger"; message: string } | null>(null);
  const [pause, setPause] = useState(0);
  useEffect(() => {
    if (pause <= 0) return;
    const timer = setTimeout(() => setPause(pause - 1), 1_000);
    return () => clearTimeout(timer);
  }, [pause]);

  async function resend() {
    setPause(RESEND_PAUSE_S);
    try {
      await onResend();
      setResent({ tone: "success", message: text.resent });
    } catch (error) {
      setResent({ tone: "danger", message: problemText(toProblem(error)) });
    }
  }

  return (
    <form onSubmit={form.onSubmit} className="space-y-4">
      <p className="text-sm text-(--muted)">{text.about(formatPhone(phone), validFor)}</p>
      <CodeField name="code" label={uiTexts.fields.code} required error={form.errorOf("code")} />
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      {resent && !form.message ? <Notice tone={resent.tone}>{resent.message}</Notice> : null}
      <SubmitButton label={text.submit} pendingLabel={text.pending} pending={form.pending} className="w-full" />
      <Button variant="ghost" className="w-full text-sm disabled:hover:bg-transparent" disabled={pause > 0} onClick={() => void resend()}>
        {pause > 0 ? text.resendIn(pause) : text.resend}
      </Button>
    </form>
  );
}
