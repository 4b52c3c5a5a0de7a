import { VerifyScreen as SharedVerifyScreen } from "@supportcarr/phone-app/entry/VerifyScreen";
import { Button } from "@supportcarr/ui/Button";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { signOut } from "../../lib/session.ts";

/** Nothing else of the app can be used before the number is confirmed. */
export function VerifyScreen() {
  const text = useTranslations("verify");
  const navigate = useNavigate();
  return (
    <SharedVerifyScreen onVerified={() => navigate({ to: "/" })}>
      <Button variant="quiet" block className="mt-6" onClick={() => void signOut()}>
        {text("other")}
      </Button>
    </SharedVerifyScreen>
  );
}
