import { PhoneVerification } from "@supportcarr/ui/account/PhoneVerification";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";

import { linkProps } from "../appLinks.ts";
import { Loaded } from "../Loaded.tsx";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { TextLink } from "../TextLink.tsx";
import { useWaitTexts } from "../useWaits.ts";

interface VerifyScreenProps {
  /** Where it goes on once the number is confirmed. */
  onVerified: () => Promise<void>;
  /** What else can be done. */
  children: ReactNode;
}

/** The code that came by text message. */
export function VerifyScreen({ onVerified, children }: VerifyScreenProps) {
  const text = useTranslations("verify");
  const { account, accountQueries } = usePhoneApp();
  const queryClient = useQueryClient();
  const waits = useWaitTexts();
  const me = useQuery(accountQueries.me());
  return (
    <Screen title={text("title")}>
      <Loaded query={me}>
        {({ phone, phone_verified }) =>
          phone_verified ? (
            <p>
              {text("done")} <TextLink {...linkProps({ to: "/" })}>{text("goOn")}</TextLink>
            </p>
          ) : (
            <>
              <PhoneVerification
                phone={phone}
                validFor={waits.code}
                onResend={account.resendCode}
                onCode={async (code) => {
                  await account.verifyPhone(code);
                  await queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey });
                  await onVerified();
                }}
              />
              {children}
            </>
          )
        }
      </Loaded>
    </Screen>
  );
}
