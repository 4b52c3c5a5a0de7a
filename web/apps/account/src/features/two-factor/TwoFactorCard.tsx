import { TotpEnrolment } from "@supportcarr/ui/account/TotpEnrolment";
import { Badge } from "@supportcarr/ui/Badge";
import { Card } from "@supportcarr/ui/Card";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { account, accountQueries } from "../../lib/api/account.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.twoFactor;

/** Sets up an authenticator app, which riders and drivers may and operators must have. */
export function TwoFactorCard({ enabled }: { enabled: boolean }) {
  const queryClient = useQueryClient();
  const [enrolling, setEnrolling] = useState(!enabled); // stays mounted until the recovery codes are saved
  return (
    <Card title={text.title} about={text.about}>
      {enrolling ? (
        <TotpEnrolment
          onBegin={account.beginTotp}
          onConfirm={account.confirmTotp}
          onDone={() => {
            setEnrolling(false);
            void queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey });
          }}
        />
      ) : (
        <p className="flex items-baseline gap-2 text-sm">
          <Badge tone="success">{text.on}</Badge> {text.onHelp}
        </p>
      )}
    </Card>
  );
}
