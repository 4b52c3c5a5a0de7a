import { useState } from "react";

import { Button } from "../Button.tsx";
import { CodeField } from "../form/CodeField.tsx";
import { PasswordField } from "../form/PasswordField.tsx";
import { PhoneField } from "../form/PhoneField.tsx";
import { useSubmission } from "../form/useSubmission.ts";
import { Notice } from "../Notice.tsx";
import { SubmitButton } from "./SubmitButton.tsx";
import { formatPhone } from "../formatPhone.ts";
import { useUiTexts } from "../texts/useUiTexts.ts";

export interface NewPassword {
  phone: string;
  code: string;
  password: string;
}

interface PasswordResetProps {
  /** How long a code is valid, in words. */
  validFor: string;
  onRequest: (phone: string) => Promise<unknown>;
  /** Sets the password; the app then leads to the sign-in. */
  onConfirm: (reset: NewPassword) => Promise<unknown>;
}


/** The number first; then, whether or not it has an account, the code that was sent and the new password. */
export function PasswordReset({ validFor, onRequest, onConfirm }: PasswordResetProps) {
  const { reset: text } = useUiTexts();
  const [phone, setPhone] = useState<string | null>(null);
  const request = useSubmission(async (values) => {
    const entered = values("phone").trim();
    await onRequest(entered);
    setPhone(entered);
  });
  if (phone) return <Confirmation phone={phone} validFor={validFor} onConfirm={onConfirm} onBack={() => setPhone(null)} />;
  return (
    <form onSubmit={request.onSubmit} className="space-y-4">
      <p className="text-sm text-(--muted)">{text.about}</p>
      <PhoneField name="phone" autoComplete="username" required error={request.errorOf("phone")} />
      {request.message ? <Notice tone="danger">{request.message}</Notice> : null}
      <SubmitButton label={text.submit} pendingLabel={text.pending} pending={request.pending} className="w-full" />
    </form>
  );
}

function Confirmation({ phone, validFor, onConfirm, onBack }: { phone: string; validFor: string; onConfirm: PasswordResetProps["onConfirm"]; onBack: () => void }) {
  const { fields, reset: text } = useUiTexts();
  const form = useSubmission((values) => onConfirm({ phone, code: values("code").replaceAll(" ", ""), password: values("password") }));
  return (
    <form onSubmit={form.onSubmit} className="space-y-4">
      <Notice tone="info">{text.sent(formatPhone(phone), validFor)}</Notice>
      {/* For password managers: whose password this is. */}
      <input type="hidden" name="username" autoComplete="username" value={phone} readOnly />
      <CodeField name="code" label={fields.code} required autoFocus error={form.errorOf("code")} />
      <PasswordField name="password" label={fields.newPassword} autoComplete="new-password" required hint={fields.passwordHint} error={form.errorOf("password")} />
      <p className="text-sm text-(--muted)">{text.endsSessions}</p>
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <SubmitButton label={text.newPasswordSubmit} pendingLabel={text.newPasswordPending} pending={form.pending} className="w-full" />
      <Button variant="ghost" className="w-full text-sm" onClick={onBack}>
        {text.otherNumber}
      </Button>
    </form>
  );
}
