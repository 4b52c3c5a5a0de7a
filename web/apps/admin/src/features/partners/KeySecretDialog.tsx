import { Button } from "@supportcarr/ui/Button";
import { CopyField } from "@supportcarr/ui/CopyField";
import { Checkbox } from "@supportcarr/ui/form/Checkbox";
import { Modal } from "@supportcarr/ui/Modal";
import { Notice } from "@supportcarr/ui/Notice";
import { useState } from "react";

import type { Partner } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.partners;

/** A new key, which is shown once; the dialog closes when the operator says that it is safe.  `null`: it was shown before. */
export function KeySecretDialog({ partner, apiKey, onClose }: { partner: Partner; apiKey: string | null; onClose: () => void }) {
  const [saved, setSaved] = useState(apiKey === null);
  return (
    <Modal title={text.secretTitle} about={text.secretAbout(partner.name)} dismissible={apiKey === null} onClose={onClose}>
      {apiKey === null ? (
        <Notice tone="warning">{text.secretLost}</Notice>
      ) : (
        <>
          <CopyField value={apiKey} copyLabel={text.copyKey} testId="api-key">
            {apiKey}
          </CopyField>
          <Checkbox label={text.secretSaved} checked={saved} onChange={(event) => setSaved(event.target.checked)} className="mt-4" />
        </>
      )}
      <Button className="mt-5 w-full" disabled={!saved} onClick={onClose}>
        {text.done}
      </Button>
    </Modal>
  );
}
