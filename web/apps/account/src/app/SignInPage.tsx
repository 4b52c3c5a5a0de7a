import { SignInForm } from "@supportcarr/ui/account/SignInForm";
import { Notice } from "@supportcarr/ui/Notice";
import { useNavigate } from "@tanstack/react-router";

import { signIn, useSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { EntryPage } from "./EntryPage.tsx";
import { TextLink } from "./TextLink.tsx";

const text = texts.signIn;

export function SignInPage() {
  const navigate = useNavigate();
  const endReason = useSession((session) => session.endReason);
  const message = useSession((session) => session.message);
  return (
    <EntryPage
      title={text.title}
      about={text.about}
      links={
        <span>
          {text.noAccount} <TextLink to="/sign-up">{text.signUp}</TextLink>
        </span>
      }
    >
      {message ? (
        <Notice tone="success" className="mb-4">
          {texts.messages[message]}
        </Notice>
      ) : null}
      <SignInForm
        notice={endReason && !message ? text.endReason[endReason] : null}
        onSignIn={async (credentials) => {
          await signIn(credentials);
          await navigate({ to: "/" });
        }}
      >
        <p className="mt-2 text-sm">
          <TextLink to="/reset">{text.forgotten}</TextLink>
        </p>
      </SignInForm>
    </EntryPage>
  );
}
