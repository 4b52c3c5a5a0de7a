import { toProblem } from "@supportcarr/client/http";
import { type ReactNode, useState } from "react";

import { Button } from "../Button.tsx";
import { CodeField } from "../form/CodeField.tsx";
import { Field } from "../form/Field.tsx";
import { PasswordField } from "../form/PasswordField.tsx";
import { PhoneField } from "../form/PhoneField.tsx";
import { type DescribeError, useSubmission } from "../form/useSubmission.ts";
import { Notice } from "../Notice.tsx";
import { SubmitButton } from "./SubmitButton.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";

export interface Credentials {
  phone: string;
  password: string;
  totp_code?: string;
}

interface SignInFormProps {
  /** Opens a session, or rejects with the problem of the response. */
  onSignIn: (credentials: Credentials) => Promise<unknown>;
  describeError?: DescribeError;
  /** Shown until the first attempt: why the last session ended. */
  notice?: string | null;
  /** Below the password, for example a link to reset it. */
  children?: ReactNode;
}


/** The password was right and the account also needs a code of its authenticator app. */
const needsCode = (error: unknown): boolean => toProblem(error).code === "totp_code_required";

/** Phone number and password, then the code of the authenticator app if the account has one. */
export function SignInForm({ onSignIn, describeError, notice, children }: SignInFormProps) {
  const text = useUiTexts().signIn;
  const fields = useUiTexts().fields;
  const [confirming, setConfirming] = useState<Credentials | null>(null);
  const form = useSubmission(async (values) => {
    const credentials = { phone: values("phone").trim(), password: values("password") };
    try {
      await onSignIn(credentials);
    } catch (error) {
      if (!needsCode(error)) throw error;
      setConfirming(credentials);
    }
  }, describeError);

  if (confirming) {
    return <SecondFactor onBack={() => setConfirming(null)} onCode={(totp_code) => onSignIn({ ...confirming, totp_code })} describeError={describeError} />;
  }
  const message = form.message ?? (form.pending || form.problem ? null : notice);
  return (
    <form onSubmit={form.onSubmit}>
      <PhoneField name="phone" autoComplete="username" required error={form.errorOf("phone")} />
      <PasswordField name="password" label={fields.password} autoComplete="current-password" required error={form.errorOf("password")} className="mt-4" />
      {children}
      {message ? (
        <Notice tone="danger" className="mt-4">
          {message}
        </Notice>
      ) : null}
      <SubmitButton label={text.submit} pendingLabel={text.pending} pending={form.pending} className="mt-6 w-full" />
    </form>
  );
}

interface SecondFactorProps {
  onCode: (code: string) => Promise<unknown>;
  onBack: () => void;
  describeError: DescribeError | undefined;
}

function SecondFactor({ onCode, onBack, describeError }: SecondFactorProps) {
  const text = useUiTexts().signIn;
  const fields = useUiTexts().fields;
  const uiTexts = useUiTexts();
  const [recovery, setRecovery] = useState(false);
  const form = useSubmission((values) => onCode(values("totp_code").trim()), describeError);
  const error = form.errorOf("totp_code");
  return (
    <form onSubmit={form.onSubmit}>
      <h2 className="text-base font-semibold">{text.codeTitle}</h2>
      <p className="mt-1 mb-4 text-sm text-(--muted)">{recovery ? text.recoveryAbout : text.codeAbout}</p>
      {recovery ? (
        <Field key="recovery" name="totp_code" label={text.recoveryField} type="text" autoComplete="off" autoCapitalize="none" spellCheck={false} required autoFocus error={error} />
      ) : (
        <CodeField key="code" name="totp_code" label={fields.code} required autoFocus error={error} />
      )}
      {form.message ? (
        <Notice tone="danger" className="mt-4">
          {form.message}
        </Notice>
      ) : null}
      <SubmitButton label={text.confirm} pendingLabel={text.pending} pending={form.pending} className="mt-6 w-full" />
      <div className="mt-3 flex flex-wrap justify-between gap-2 text-sm">
        <Button variant="ghost" onClick={onBack}>
          {uiTexts.back}
        </Button>
        <Button variant="ghost" onClick={() => setRecovery(!recovery)}>
          {recovery ? text.useApp : text.useRecovery}
        </Button>
      </div>
    </form>
  );
}
