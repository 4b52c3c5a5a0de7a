import { PasswordReset } from "@supportcarr/ui/account/PasswordReset";
import { useNavigate } from "@tanstack/react-router";

import { account } from "../lib/api/account.ts";
import { forgetSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { EntryPage } from "./EntryPage.tsx";
import { TextLink } from "./TextLink.tsx";

const text = texts.reset;

export function ResetPage() {
  const navigate = useNavigate();
  return (
    <EntryPage title={text.title} about={text.about} links={<TextLink to="/sign-in">{text.backToSignIn}</TextLink>}>
      <PasswordReset
        onRequest={account.requestPasswordReset}
        onConfirm={async (reset) => {
          await account.resetPassword(reset);
          forgetSession("passwordReset"); // it has ended with all others
          await navigate({ to: "/sign-in" });
        }}
      />
    </EntryPage>
  );
}
