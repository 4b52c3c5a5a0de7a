import { SignInForm } from "@supportcarr/ui/account/SignInForm";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { signIn } from "../lib/session.ts";

export function SignInPage() {
  const text = useTranslations("signIn");
  const navigate = useNavigate();
  return (
    <main className="mx-auto max-w-md px-4 py-10">
      <h1 className="mb-6 text-2xl font-semibold">{text("title")}</h1>
      <SignInForm
        onSignIn={async (credentials) => {
          await signIn(credentials);
          await navigate({ to: "/" });
        }}
      />
    </main>
  );
}
