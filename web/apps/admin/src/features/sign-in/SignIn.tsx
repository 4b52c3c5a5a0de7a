import { problemOf } from "@supportcarr/client/src/http.ts";
import { Button } from "@supportcarr/ui/src/Button.tsx";
import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";

import { useSession } from "../../lib/session.ts";
import { texts } from "../../lib/texts.ts";
import { NotAnOperator, openSession } from "./openSession.ts";

const text = texts.signIn;

export function SignIn() {
  const enter = useSession((session) => session.signIn);
  const ended = useSession((session) => session.ended);
  const attempt = useMutation({ mutationFn: openSession, onSuccess: enter });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = (name: string) => {
      const given = form.get(name);
      return typeof given === "string" ? given : "";
    };
    attempt.mutate({ phone: value("phone").trim(), password: value("password") });
  }

  const trouble = attempt.error ? explained(attempt.error) : ended && attempt.isIdle ? text.ended[ended] : null;
  const field = "mt-1 w-full rounded-lg border border-(--line) bg-(--page) px-3 py-2.5 text-base";
  return (
    <main className="grid min-h-full place-items-center p-6">
      <form onSubmit={submit} className="w-full max-w-sm rounded-2xl border border-(--line) bg-(--panel) p-8 shadow-sm">
        <img src="/admin/icon.svg" alt="" className="size-12" />
        <h1 className="mt-4 text-xl font-semibold">{text.title}</h1>
        <p className="mt-1 text-sm text-(--quiet)">{text.about}</p>
        <label className="mt-6 block text-sm font-medium">
          {text.phone}
          <input name="phone" type="tel" autoComplete="username" required placeholder={text.phoneExample} className={field} />
        </label>
        <label className="mt-4 block text-sm font-medium">
          {text.password}
          <input name="password" type="password" autoComplete="current-password" required className={field} />
        </label>
        {trouble ? (
          <p role="alert" className="mt-4 rounded-lg bg-rose-100 px-3 py-2 text-sm text-rose-900 dark:bg-rose-400/15 dark:text-rose-200">
            {trouble}
          </p>
        ) : null}
        <Button type="submit" disabled={attempt.isPending} className="mt-6 w-full">
          {attempt.isPending ? text.pending : text.submit}
        </Button>
      </form>
    </main>
  );
}

function explained(error: Error): string {
  if (error instanceof NotAnOperator) return text.notAnOperator;
  return problemOf(error).detail || text.noAnswer;
}
