import { PhoneVerification } from "@supportcarr/ui/account/PhoneVerification";
import { Card } from "@supportcarr/ui/Card";
import { useQueryClient } from "@tanstack/react-query";

import { account, accountQueries } from "../../lib/api/account.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.verification;

/** Shown until the person has entered the code that was sent to the number. */
export function VerificationCard({ phone }: { phone: string }) {
  const queryClient = useQueryClient();
  return (
    <Card title={text.title} about={text.about}>
      <PhoneVerification
        phone={phone}
        onResend={account.resendCode}
        onCode={async (code) => {
          await account.verifyPhone(code);
          await queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey });
        }}
      />
    </Card>
  );
}
