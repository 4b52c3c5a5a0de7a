import type { AccountApi } from "@supportcarr/client/account";
import { useState } from "react";

import { Badge } from "../Badge.tsx";
import { Button } from "../Button.tsx";
import { Card } from "../Card.tsx";
import { FormDialog } from "../form/FormDialog.tsx";
import { TotpEnrolment } from "./TotpEnrolment.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";

interface SecondFactorCardProps {
  /** Whether the account has an authenticator app. */
  enabled: boolean;
  /** The account cannot do without one: who removes it sets up another at the next sign-in. */
  required?: boolean;
  api: Pick<AccountApi, "beginTotp" | "confirmTotp" | "removeTotp">;
  onEnrolled?: () => void;
  /** The app is removed, and all sessions have ended. */
  onRemoved: () => void;
}


/** Sets up an authenticator app, or removes it. */
export function SecondFactorCard({ enabled, required = false, api, onEnrolled, onRemoved }: SecondFactorCardProps) {
  const text = useUiTexts().secondFactor;
  const [enrolling, setEnrolling] = useState(!enabled); // stays until the recovery codes have been saved
  const [removing, setRemoving] = useState(false);
  return (
    <Card title={text.title} about={required ? text.aboutRequired : text.about}>
      {enrolling ? (
        <TotpEnrolment
          onBegin={api.beginTotp}
          onConfirm={api.confirmTotp}
          onDone={() => {
            setEnrolling(false);
            onEnrolled?.();
          }}
        />
      ) : (
        <>
          <p className="flex items-baseline gap-2 text-sm">
            <Badge tone="success">{text.on}</Badge> {text.onHelp}
          </p>
          <Button variant="secondary" className="mt-4 max-sm:w-full" onClick={() => setRemoving(true)}>
            {required ? text.replace : text.remove}
          </Button>
        </>
      )}
      {removing ? (
        <FormDialog
          title={required ? text.replaceTitle : text.removeTitle}
          about={required ? text.replaceAbout : text.removeAbout}
          submit={text.confirmRemove}
          pending={text.removing}
          tone="danger"
          onSubmit={async () => {
            await api.removeTotp();
            onRemoved();
          }}
          onClose={() => setRemoving(false)}
        />
      ) : null}
    </Card>
  );
}
