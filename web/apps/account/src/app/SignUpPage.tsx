import { fetchConfig } from "@supportcarr/client/config";
import { SignUpForm } from "@supportcarr/ui/account/SignUpForm";
import { useNavigate } from "@tanstack/react-router";

import { signUp } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { EntryPage } from "./EntryPage.tsx";
import { TextLink } from "./TextLink.tsx";

const text = texts.signUp;

export function SignUpPage() {
  const navigate = useNavigate();
  return (
    <EntryPage
      title={text.title}
      about={text.about}
      links={
        <span>
          {text.haveAccount} <TextLink to="/sign-in">{text.signIn}</TextLink>
        </span>
      }
    >
      <SignUpForm
        onSignUp={async (account) => {
          const { legal } = await fetchConfig();
          await signUp({ ...account, ...(legal ? { accepted_terms: legal.terms_version } : {}) });
          await navigate({ to: "/" });
        }}
      />
    </EntryPage>
  );
}
