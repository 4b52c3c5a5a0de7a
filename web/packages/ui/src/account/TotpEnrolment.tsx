import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";

import { CopyField } from "../CopyField.tsx";
import { CodeField } from "../form/CodeField.tsx";
import { useSubmission } from "../form/useSubmission.ts";
import { Notice } from "../Notice.tsx";
import { RecoveryCodes } from "./RecoveryCodes.tsx";
import { SubmitButton } from "./SubmitButton.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";

/** A secret that has not been confirmed yet; `uri` is what the QR code says (otpauth://). */
export interface TotpSecret {
  secret: string;
  uri: string;
}

interface TotpEnrolmentProps {
  onBegin: () => Promise<TotpSecret>;
  /** Confirms the secret with a code of it; resolves to the recovery codes. */
  onConfirm: (code: string) => Promise<readonly string[]>;
  /** The person has saved the recovery codes. */
  onDone: () => void;
}


/** Adds an authenticator app: QR code, a first code, recovery codes. */
export function TotpEnrolment({ onBegin, onConfirm, onDone }: TotpEnrolmentProps) {
  const text = useUiTexts().totp;
  const [secret, setSecret] = useState<TotpSecret | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const begin = useSubmission(async () => setSecret(await onBegin()));
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (secret) return <Confirmation secret={secret} onCode={async (code) => setCodes(await onConfirm(code))} />;
  return (
    <form onSubmit={begin.onSubmit}>
      <p className="text-sm text-(--muted)">{text.about}</p>
      {begin.message ? (
        <Notice tone="danger" className="mt-4">
          {begin.message}
        </Notice>
      ) : null}
      <SubmitButton label={text.begin} pendingLabel={text.beginning} pending={begin.pending} className="mt-5 max-sm:w-full" />
    </form>
  );
}

function Confirmation({ secret, onCode }: { secret: TotpSecret; onCode: (code: string) => Promise<void> }) {
  const text = useUiTexts().totp;
  const form = useSubmission((values) => onCode(values("code").replaceAll(" ", "")));
  return (
    <form onSubmit={form.onSubmit} className="space-y-5">
      <div>
        <p className="text-sm font-medium">{text.scan}</p>
        {/* White in the dark theme as well: cameras expect dark on light. */}
        <div className="mt-2 w-fit rounded-lg border border-(--border) bg-white p-3">
          <QRCodeSVG value={secret.uri} size={176} marginSize={2} title={text.qrLabel} role="img" aria-label={text.qrLabel} />
        </div>
      </div>
      <div>
        <p className="text-sm text-(--muted)">{text.noCamera}</p>
        <div className="mt-1">
          <CopyField value={secret.secret} copyLabel={text.copyKey} testId="totp-secret">
            {inGroups(secret.secret)}
          </CopyField>
        </div>
      </div>
      <CodeField name="code" label={text.enter} required error={form.errorOf("code")} />
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <SubmitButton label={text.confirm} pendingLabel={text.confirming} pending={form.pending} className="w-full" />
    </form>
  );
}

const inGroups = (secret: string): string => secret.replace(/(.{4})(?=.)/g, "$1 ");
