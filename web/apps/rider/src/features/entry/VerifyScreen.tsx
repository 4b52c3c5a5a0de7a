import { PhoneVerification } from "@supportcarr/ui/account/PhoneVerification";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { account, accountQueries } from "../../lib/api/account.ts";
import { Loaded } from "../../lib/Loaded.tsx";
import { nextStep } from "../../lib/requestSteps.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { Screen } from "../../lib/Screen.tsx";
import { TextLink } from "../../lib/TextLink.tsx";

/** The code that came by text message. Who was about to request a rescue goes on with it. */
export function VerifyScreen() {
  const text = useTranslations("verify");
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const me = useQuery(accountQueries.me());
  const proceed = () => (nextStep(useRequest.getState().draft) === "review" ? navigate({ to: "/request/$step", params: { step: "review" } }) : navigate({ to: "/" }));
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
                  await proceed();
                }}
              />
              <p className="mt-6 text-center text-sm text-(--muted)">
                {text("laterAbout")} <TextLink to="/">{text("later")}</TextLink>
              </p>
            </>
          )
        }
      </Loaded>
    </Screen>
  );
}
