import { SignInForm } from "@supportcarr/ui/account/SignInForm";
import { Notice } from "@supportcarr/ui/Notice";
import { useTranslations } from "use-intl";

import { linkProps, useGoTo } from "../appLinks.ts";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { TextLink } from "../TextLink.tsx";
import { useDescribeError } from "../useProblemText.ts";

/** Number and password, and the code of an authenticator app if there is one. */
export function SignInScreen() {
  const text = useTranslations("signIn");
  const goTo = useGoTo();
  const {
    session: { signIn, useSession },
  } = usePhoneApp();
  const describeError = useDescribeError();
  const endReason = useSession((session) => session.endReason);
  const message = useSession((session) => session.message);
  return (
    <Screen title={text("title")} back={linkProps({ to: "/welcome" })}>
      {message ? (
        <Notice tone="success" className="mb-4">
          {text(`messages.${message}`)}
        </Notice>
      ) : null}
      <SignInForm
        notice={endReason && !message ? text(`endReason.${endReason}`) : null}
        describeError={describeError}
        onSignIn={async (credentials) => {
          await signIn(credentials);
          await goTo({ to: "/" });
        }}
      >
        <p className="mt-1 text-sm">
          <TextLink {...linkProps({ to: "/reset" })} className="inline-block py-3">
            {text("forgotten")}
          </TextLink>
        </p>
      </SignInForm>
      <p className="mt-6 text-center text-sm text-balance text-(--muted)">
        {text("noAccount")} <TextLink {...linkProps({ to: "/sign-up" })}>{text("signUp")}</TextLink>
      </p>
    </Screen>
  );
}
