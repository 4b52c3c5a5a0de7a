import { FormDialog } from "@supportcarr/ui/form/FormDialog";

import { revokeKey } from "../../lib/api/partners.ts";
import type { PartnerKey } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.partners;

interface RevokeKeyDialogProps {
  partnerId: string;
  apiKey: PartnerKey;
  onClose: () => void;
  onRevoked: () => Promise<void>;
}

/** Asks before a key is refused for good. */
export function RevokeKeyDialog({ partnerId, apiKey, onClose, onRevoked }: RevokeKeyDialogProps) {
  return (
    <FormDialog
      title={text.revokeTitle}
      about={text.revokeAbout(apiKey.prefix)}
      submit={text.revokeSubmit}
      pending={text.revoking}
      tone="danger"
      onSubmit={async () => {
        await revokeKey(partnerId, apiKey.id);
        await onRevoked();
      }}
      onClose={onClose}
    />
  );
}
