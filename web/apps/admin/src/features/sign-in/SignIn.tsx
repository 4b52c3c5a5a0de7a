import { toProblem } from "@supportcarr/client/http";
import { Button } from "@supportcarr/ui/Button";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { signedIn, useSession } from "../../lib/session.ts";
import { texts } from "../../lib/texts.ts";
import { NotAnOperatorError, signInOperator } from "./signInOperator.ts";

const text = texts.signIn;

export function SignIn() {
  const endReason = useSession((session) => session.endReason);
  const [asksForCode, setAsksForCode] = useState(false);
  const signIn = useMutation({ mutationFn: signInOperator, onSuccess: signedIn });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = (name: string) => {
      const entry = form.get(name);
      return typeof entry === "string" ? entry : "";
    };
    const code = value("totp_code").trim();
    signIn.mutate({ phone: value("phone").trim(), password: value("password"), ...(code ? { totp_code: code } : {}) });
  }

  const code = signIn.error ? toProblem(signIn.error).code : undefined;
  if (code === "totp_code_required" && !asksForCode) setAsksForCode(true);
  const message = code === "totp_code_required" ? null : signIn.error ? errorMessage(signIn.error) : endReason && signIn.isIdle ? text.endReason[endReason] : null;
  const inputClass = "mt-1 w-full rounded-lg border border-(--border) bg-(--background) px-3 py-2.5 text-base";
  return (
    <main className="grid min-h-full place-items-center p-6">
      <form onSubmit={submit} className="w-full max-w-sm rounded-2xl border border-(--border) bg-(--surface) p-8 shadow-sm">
        <img src="/admin/icon.svg" alt="" className="size-12" />
        <h1 className="mt-4 text-xl font-semibold">{text.title}</h1>
        <p className="mt-1 text-sm text-(--muted)">{text.about}</p>
        <label className="mt-6 block text-sm font-medium">
          {text.phone}
          <input name="phone" type="tel" autoComplete="username" required placeholder={text.phoneExample} className={inputClass} />
        </label>
        <label className="mt-4 block text-sm font-medium">
          {text.password}
          <input name="password" type="password" autoComplete="current-password" required className={inputClass} />
        </label>
        {asksForCode ? (
          <label className="mt-4 block text-sm font-medium">
            {text.totpCode}
            <input name="totp_code" autoComplete="one-time-code" autoFocus required minLength={6} maxLength={16} className={inputClass} />
            <span className="mt-1 block text-xs font-normal text-(--muted)">{text.totpHint}</span>
          </label>
        ) : null}
        {message ? (
          <p role="alert" className="mt-4 rounded-lg bg-rose-100 px-3 py-2 text-sm text-rose-900 dark:bg-rose-400/15 dark:text-rose-200">
            {message}
          </p>
        ) : null}
        <Button type="submit" disabled={signIn.isPending} className="mt-6 w-full">
          {signIn.isPending ? text.pending : text.submit}
        </Button>
      </form>
    </main>
  );
}

function errorMessage(error: Error): string {
  if (error instanceof NotAnOperatorError) return text.notAnOperator;
  return toProblem(error).detail || text.noResponse;
}
