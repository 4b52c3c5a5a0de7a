import { SignInForm } from "@supportcarr/ui/account/SignInForm";
import { BrandMark } from "@supportcarr/ui/BrandMark";
import { Notice } from "@supportcarr/ui/Notice";

import { signedIn, useSession } from "../../lib/session.ts";
import { texts } from "../../lib/texts.ts";
import { NotAnOperatorError, signInOperator } from "./signInOperator.ts";

const text = texts.signIn;

export function SignIn() {
  const endReason = useSession((session) => session.endReason);
  return (
    <main className="grid min-h-full place-items-center p-6">
      <div className="w-full max-w-sm rounded-sheet border border-(--border) bg-(--surface) p-8 shadow-(--shadow)">
        <BrandMark className="size-14" />
        <h1 className="mt-4 text-2xl font-bold">{text.title}</h1>
        <p className="mt-1 mb-6 text-sm text-(--muted)">{text.about}</p>
        {endReason === "totpRemoved" ? (
          <Notice tone="success" className="mb-4">
            {text.endReason.totpRemoved}
          </Notice>
        ) : null}
        <SignInForm
          notice={endReason && endReason !== "totpRemoved" ? text.endReason[endReason] : null}
          onSignIn={async (credentials) => signedIn(await signInOperator(credentials))}
          describeError={(error) => (error instanceof NotAnOperatorError ? text.notAnOperator : null)}
        />
      </div>
    </main>
  );
}
