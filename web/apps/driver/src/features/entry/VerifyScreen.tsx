import { PhoneVerification } from "@supportcarr/ui/account/PhoneVerification";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { account, accountQueries } from "../../lib/api/account.ts";
import { Loaded } from "../../lib/Loaded.tsx";
import { Screen } from "../../lib/Screen.tsx";
import { signOut } from "../../lib/session.ts";
import { TextLink } from "../../lib/TextLink.tsx";
import { Button } from "@supportcarr/ui/Button";

/** The code that came by text message. Nothing else of the app can be used before. */
export function VerifyScreen() {
  const text = useTranslations("verify");
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const me = useQuery(accountQueries.me());
  return (
    <Screen title={text("title")}>
      <Loaded query={me}>
        {({ phone, phone_verified }) =>
          phone_verified ? (
            <p>
              {text("done")} <TextLink to="/">{text("goOn")}</TextLink>
            </p>
          ) : (
            <>
              <PhoneVerification
                phone={phone}
                onResend={account.resendCode}
                onCode={async (code) => {
                  await account.verifyPhone(code);
                  await queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey });
                  await navigate({ to: "/" });
                }}
              />
              <Button variant="quiet" block className="mt-6" onClick={() => void signOut()}>
                {text("other")}
              </Button>
            </>
          )
        }
      </Loaded>
    </Screen>
  );
}
