import { useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { accountQueries, becomeDriver } from "../../lib/api/account.ts";
import { Screen } from "@supportcarr/phone-app/Screen";
import { signOut } from "../../lib/session.ts";
import { Button } from "@supportcarr/ui/Button";
import { useSend } from "@supportcarr/phone-app/useSend";

/** A rider's account has no driver's role yet: one press adds it. */
export function BecomeDriverScreen() {
  const text = useTranslations("become");
  const queryClient = useQueryClient();
  const { busy, send } = useSend();
  return (
    <Screen title={text("title")}>
      <p className="text-lg">{text("about")}</p>
      <ul className="mt-4 list-disc space-y-2 pl-5">
        {(["licence", "vehicle", "phone"] as const).map((need) => (
          <li key={need}>{text(`needs.${need}`)}</li>
        ))}
      </ul>
      <div className="mt-8 space-y-3">
        <Button size="lg" block busy={busy} onClick={() => void send(becomeDriver, { onDone: () => queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey }) })}>
          {text("start")}
        </Button>
        <Button variant="secondary" block onClick={() => void signOut()}>
          {text("signOut")}
        </Button>
      </div>
    </Screen>
  );
}
