import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Select } from "@supportcarr/ui/form/Select";

import { rotateKey } from "../../lib/api/partners.ts";
import type { CreatedKey, PartnerKey } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.partners;

const OVERLAPS_S = ["0", "3600", "86400", "604800", "2592000"] as const;

interface RotateKeyDialogProps {
  partnerId: string;
  apiKey: PartnerKey;
  onClose: () => void;
  onRotated: (created: CreatedKey) => Promise<void>;
}

/** Puts a new key in the place of one, which goes on working for a while. */
export function RotateKeyDialog({ partnerId, apiKey, onClose, onRotated }: RotateKeyDialogProps) {
  return (
    <FormDialog
      title={text.rotateTitle}
      about={text.rotateAbout}
      submit={text.rotateSubmit}
      pending={text.rotating}
      onSubmit={async (values) => onRotated(await rotateKey(partnerId, apiKey.id, Number(values("overlap_seconds"))))}
      onClose={onClose}
    >
      {(form) => (
        <Select
          name="overlap_seconds"
          label={text.overlap}
          defaultValue="86400"
          options={OVERLAPS_S.map((value) => ({ value, label: text.overlaps[value] }))}
          error={form.errorOf("overlap_seconds")}
        />
      )}
    </FormDialog>
  );
}
