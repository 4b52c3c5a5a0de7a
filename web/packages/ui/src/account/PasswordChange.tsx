import { useRef, useState } from "react";

import { PasswordField } from "../form/PasswordField.tsx";
import { useSubmission } from "../form/useSubmission.ts";
import { Notice } from "../Notice.tsx";
import { SubmitButton } from "./SubmitButton.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";


/** The current password and a new one. */
export function PasswordChange({ onChange }: { onChange: (passwords: { current_password: string; new_password: string }) => Promise<unknown> }) {
  const { fields, password: text } = useUiTexts();
  const [changed, setChanged] = useState(false);
  const formElement = useRef<HTMLFormElement>(null);
  const form = useSubmission(async (values) => {
    setChanged(false);
    await onChange({ current_password: values("current_password"), new_password: values("new_password") });
    formElement.current?.reset();
    setChanged(true);
  });
  return (
    <form ref={formElement} onSubmit={form.onSubmit} className="space-y-4">
      <PasswordField name="current_password" label={fields.currentPassword} autoComplete="current-password" required error={form.errorOf("current_password")} />
      <PasswordField name="new_password" label={fields.newPassword} autoComplete="new-password" required hint={fields.passwordHint} error={form.errorOf("new_password")} />
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      {changed ? <Notice tone="success">{text.changed}</Notice> : null}
      <SubmitButton label={text.change} pendingLabel={text.changing} pending={form.pending} className="max-sm:w-full" />
    </form>
  );
}
