import { PasswordReset } from "@supportcarr/ui/account/PasswordReset";
import { useTranslations } from "use-intl";

import { linkProps, useGoTo } from "../appLinks.ts";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { useWaitTexts } from "../useWaits.ts";

/** A new password, by a code that comes by text message. */
export function ResetScreen() {
  const text = useTranslations("reset");
  const goTo = useGoTo();
  const waits = useWaitTexts();
  const { account, session } = usePhoneApp();
  return (
    <Screen title={text("title")} back={linkProps({ to: "/sign-in" })}>
      <PasswordReset
        validFor={waits.code}
        onRequest={account.requestPasswordReset}
        onConfirm={async (reset) => {
          await account.resetPassword(reset);
          session.forgetSession("passwordReset"); // it has ended with all others
          await goTo({ to: "/sign-in" });
        }}
      />
    </Screen>
  );
}
