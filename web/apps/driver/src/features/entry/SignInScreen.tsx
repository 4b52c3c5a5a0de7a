import { SignInForm } from "@supportcarr/ui/account/SignInForm";
import { Notice } from "@supportcarr/ui/Notice";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { Screen } from "../../lib/Screen.tsx";
import { signIn, useSession } from "../../lib/session.ts";
import { TextLink } from "../../lib/TextLink.tsx";
import { useProblemText } from "../../lib/useProblemText.ts";

export function SignInScreen() {
  const text = useTranslations("signIn");
  const navigate = useNavigate();
  const sentence = useProblemText();
  const endReason = useSession((session) => session.endReason);
  const message = useSession((session) => session.message);
  return (
    <Screen title={text("title")} back={{ to: "/welcome" }}>
      {message ? (
        <Notice tone="success" className="mb-4">
          {text(`messages.${message}`)}
        </Notice>
      ) : null}
      <SignInForm
        notice={endReason && !message ? text(`endReason.${endReason}`) : null}
        describeError={sentence}
        onSignIn={async (credentials) => {
          await signIn(credentials);
          await navigate({ to: "/" });
        }}
      >
        <p className="mt-1 text-sm">
          <TextLink to="/reset" className="inline-block py-2.5">
            {text("forgotten")}
          </TextLink>
        </p>
      </SignInForm>
      <p className="mt-6 text-center text-sm text-(--muted)">
        {text("noAccount")} <TextLink to="/sign-up">{text("signUp")}</TextLink>
      </p>
    </Screen>
  );
}
