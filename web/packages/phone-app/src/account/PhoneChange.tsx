import { formatPhone } from "@supportcarr/ui/formatPhone";
import { toProblem } from "@supportcarr/client/http";
import { PhoneVerification } from "@supportcarr/ui/account/PhoneVerification";
import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { Field } from "@supportcarr/ui/form/Field";
import { PasswordField } from "@supportcarr/ui/form/PasswordField";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { useDescribeError } from "../useProblemText.ts";
import { useWaitTexts } from "../useWaits.ts";

interface Request {
  phone: string;
  /** Needed unless the person has signed in a moment ago. */
  password?: string;
}

type Step = { at: "idle" | "number" | "done" } | ({ at: "code" } & Request);

/** Puts another number in the place of the account's, once the code that was sent to it has been entered. */
export function PhoneChange({ phone }: { phone: string }) {
  const text = useTranslations("profile.phone");
  const { accountQueries, changePhone, confirmPhone } = usePhoneApp();
  const queryClient = useQueryClient();
  const waits = useWaitTexts();
  const [step, setStep] = useState<Step>({ at: "idle" });
  return (
    <section aria-label={text("title")}>
      <h2 className="font-semibold">{text("title")}</h2>
      <p className="mt-1 mb-3 text-sm text-(--muted)">{text("about")}</p>
      {step.at === "done" ? (
        <Notice tone="success" className="mb-3">
          {text("done", { phone })}
        </Notice>
      ) : null}
      {step.at === "idle" || step.at === "done" ? (
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span className="font-medium tabular-nums">{formatPhone(phone)}</span>
          <Button variant="secondary" onClick={() => setStep({ at: "number" })}>
            {text("change")}
          </Button>
        </div>
      ) : null}
      {step.at === "number" ? <NewNumber onSent={(request) => setStep({ at: "code", ...request })} onCancel={() => setStep({ at: "idle" })} /> : null}
      {step.at === "code" ? (
        <>
          <PhoneVerification
            phone={step.phone}
            validFor={waits.code}
            onResend={() => changePhone(step.phone, step.password)}
            onCode={async (code) => {
              await confirmPhone(code);
              await queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey });
              setStep({ at: "done" });
            }}
          />
          <Button variant="quiet" block className="mt-2" onClick={() => setStep({ at: "number" })}>
            {text("otherNumber")}
          </Button>
        </>
      ) : null}
    </section>
  );
}

function NewNumber({ onSent, onCancel }: { onSent: (request: Request) => void; onCancel: () => void }) {
  const text = useTranslations("profile.phone");
  const entry = useTranslations("signUp");
  const common = useTranslations("common");
  const { changePhone } = usePhoneApp();
  const describeError = useDescribeError();
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
  }, describeError);
  return (
    <form onSubmit={form.onSubmit} className="space-y-4">
      <Field name="phone" label={text("newNumber")} type="tel" inputMode="tel" autoComplete="tel" required autoFocus placeholder={entry("phoneExample")} hint={entry("phoneHint")} error={form.errorOf("phone")} />
      {needsPassword ? <PasswordField name="password" label={text("password")} autoComplete="current-password" required autoFocus error={form.errorOf("password")} /> : null}
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <div className="grid grid-cols-2 gap-2">
        <Button variant="secondary" onClick={onCancel}>
          {common("cancel")}
        </Button>
        <SubmitButton label={text("send")} pendingLabel={text("sending")} pending={form.pending} />
      </div>
    </form>
  );
}
