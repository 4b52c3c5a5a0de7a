import { toProblem } from "@supportcarr/client/http";
import { PhoneVerification } from "@supportcarr/ui/account/PhoneVerification";
import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { useUiTexts } from "@supportcarr/ui/texts/useUiTexts";
import { Button } from "@supportcarr/ui/Button";
import { Card } from "@supportcarr/ui/Card";
import { Field } from "@supportcarr/ui/form/Field";
import { PasswordField } from "@supportcarr/ui/form/PasswordField";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { accountQueries, changePhone, confirmPhone } from "../../lib/api/account.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.phoneChange;

type Step = { at: "idle" | "number" | "done" } | ({ at: "code" } & Request);

interface Request {
  phone: string;
  /** Needed unless the person has signed in a moment ago. */
  password?: string;
}

/** Puts another number in the place of the account's, once the code that was sent to it has been entered. */
export function PhoneChangeCard({ phone }: { phone: string }) {
  const queryClient = useQueryClient();
  const [step, setStep] = useState<Step>({ at: "idle" });
  return (
    <Card title={text.title} about={text.about}>
      {step.at === "done" ? (
        <Notice tone="success" className="mb-4">
          {text.done(phone)}
        </Notice>
      ) : null}
      {step.at === "idle" || step.at === "done" ? (
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span className="font-medium tabular-nums">{phone}</span>
          <Button variant="secondary" className="max-sm:w-full" onClick={() => setStep({ at: "number" })}>
            {text.change}
          </Button>
        </div>
      ) : null}
      {step.at === "number" ? <NewNumber onSent={(request) => setStep({ at: "code", ...request })} onCancel={() => setStep({ at: "idle" })} /> : null}
      {step.at === "code" ? (
        <>
          <PhoneVerification
            phone={step.phone}
            onResend={() => changePhone(step.phone, step.password)}
            onCode={async (code) => {
              await confirmPhone(code);
              await queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey });
              setStep({ at: "done" });
            }}
          />
          <Button variant="ghost" className="mt-2 w-full text-sm" onClick={() => setStep({ at: "number" })}>
            {text.otherNumber}
          </Button>
        </>
      ) : null}
    </Card>
  );
}

function NewNumber({ onSent, onCancel }: { onSent: (request: Request) => void; onCancel: () => void }) {
  const uiTexts = useUiTexts();
  const [needsPassword, setNeedsPassword] = useState(false);
  const form = useSubmission(async (values) => {
    const phone = values("phone").trim();
    const password = values("password") || undefined;
    try {
      await changePhone(phone, password);
    } catch (error) {
      if (toProblem(error).code === "password_required") setNeedsPassword(true);
      throw error;
    }
    onSent({ phone, ...(password ? { password } : {}) });
  });
  return (
    <form onSubmit={form.onSubmit} className="space-y-4">
      <Field
        name="phone"
        label={text.newNumber}
        type="tel"
        autoComplete="tel"
        required
        autoFocus
        placeholder={uiTexts.fields.phoneExample}
        hint={uiTexts.fields.phoneHint}
        error={form.errorOf("phone")}
      />
      {needsPassword ? (
        <PasswordField name="password" label={uiTexts.fields.currentPassword} autoComplete="current-password" required autoFocus error={form.errorOf("password")} />
      ) : null}
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="secondary" onClick={onCancel}>
          {uiTexts.cancel}
        </Button>
        <SubmitButton label={text.send} pendingLabel={text.sending} pending={form.pending} />
      </div>
    </form>
  );
}
