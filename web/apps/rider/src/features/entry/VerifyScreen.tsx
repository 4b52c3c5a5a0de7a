import { VerifyScreen as SharedVerifyScreen } from "@supportcarr/phone-app/entry/VerifyScreen";
import { TextLink } from "@supportcarr/phone-app/TextLink";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";

import { nextStep } from "../../lib/requestSteps.ts";
import { useRequest } from "../../lib/requestStore.ts";

/** Who was about to request a rescue goes on with it. */
export function VerifyScreen() {
  const text = useTranslations("verify");
  const navigate = useNavigate();
  const proceed = () => (nextStep(useRequest.getState().draft) === "review" ? navigate({ to: "/request/$step", params: { step: "review" } }) : navigate({ to: "/" }));
  return (
    <SharedVerifyScreen onVerified={proceed}>
      <p className="mt-6 text-center text-sm text-(--muted)">
        {text("laterAbout")} <TextLink to="/">{text("later")}</TextLink>
      </p>
    </SharedVerifyScreen>
  );
}
