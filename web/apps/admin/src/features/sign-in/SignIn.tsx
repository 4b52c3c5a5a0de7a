import { problemOf, type Tokens } from "@supportcarr/client/src/http.ts";
import { useMutation } from "@tanstack/react-query";
import axios from "axios";
import type { FormEvent } from "react";

import { useSession } from "../../lib/session.ts";

interface SignedIn extends Tokens {
  user: { roles: string[] };
}

async function signIn(credentials: { phone: string; password: string }): Promise<SignedIn> {
  const { data } = await axios.post<SignedIn>("/api/v1/auth/sign-in", credentials);
  if (!data.user.roles.some((role) => role === "admin" || role === "support")) {
    throw new Error("This account has no place in the console: operators only.");
  }
  return data;
}

export function SignIn() {
  const enter = useSession((session) => session.signIn);
  const attempt = useMutation({ mutationFn: signIn, onSuccess: enter });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => {
      const value = form.get(name);
      return typeof value === "string" ? value : "";
    };
    attempt.mutate({ phone: text("phone"), password: text("password") });
  }

  const field = "mt-1 w-full rounded-lg border border-(--line) bg-(--page) px-3 py-2.5 text-base";
  return (
    <main className="grid h-full place-items-center p-6">
      <form onSubmit={submit} className="w-full max-w-sm rounded-2xl border border-(--line) bg-(--panel) p-8 shadow-sm">
        <img src="/admin/icon.svg" alt="" className="size-12" />
        <h1 className="mt-4 text-xl font-semibold">SupportCarr console</h1>
        <p className="mt-1 text-sm text-(--quiet)">For operators. Watch the city, open a rescue, see what happened.</p>
        <label className="mt-6 block text-sm font-medium">
          Phone
          <input name="phone" type="tel" autoComplete="username" required placeholder="+1 514 …" className={field} />
        </label>
        <label className="mt-4 block text-sm font-medium">
          Password
          <input name="password" type="password" autoComplete="current-password" required className={field} />
        </label>
        {attempt.error ? (
          <p role="alert" className="mt-4 rounded-lg bg-rose-100 px-3 py-2 text-sm text-rose-900 dark:bg-rose-400/15 dark:text-rose-200">
            {axios.isAxiosError(attempt.error) ? problemOf(attempt.error).detail : attempt.error.message}
          </p>
        ) : null}
        <button
          type="submit"
          disabled={attempt.isPending}
          className="mt-6 w-full rounded-lg bg-brand-700 px-4 py-2.5 font-medium text-white hover:bg-brand-600 disabled:opacity-60"
        >
          {attempt.isPending ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
