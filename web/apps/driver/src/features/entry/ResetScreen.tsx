import { PasswordReset } from "@supportcarr/ui/account/PasswordReset";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { account } from "../../lib/api/account.ts";
import { Screen } from "../../lib/Screen.tsx";
import { forgetSession } from "../../lib/session.ts";

export function ResetScreen() {
  const text = useTranslations("reset");
  const navigate = useNavigate();
  return (
    <Screen title={text("title")} back={{ to: "/sign-in" }}>
      <PasswordReset
        onRequest={account.requestPasswordReset}
        onConfirm={async (reset) => {
          await account.resetPassword(reset);
          forgetSession("passwordReset"); // it has ended with all others
          await navigate({ to: "/sign-in" });
        }}
      />
    </Screen>
  );
}
