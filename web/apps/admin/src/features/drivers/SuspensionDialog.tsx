import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { TextArea } from "@supportcarr/ui/form/TextArea";

import { endSuspension, suspendDriver, type VersionedDriver } from "../../lib/api/drivers.ts";
import { texts } from "../../lib/texts.ts";
import { describeConflict } from "./review/meanwhile.ts";
import { useApplicationReview } from "./review/useApplicationReview.ts";

const text = texts.drivers;

interface SuspensionDialogProps {
  versioned: VersionedDriver;
  /** Ends the suspension instead of beginning one. */
  ends: boolean;
  onClose: () => void;
  onDone: (message: string) => void;
}

/** Suspends a driver, or ends that, with a reason that the driver reads. */
export function SuspensionDialog({ versioned, ends, onClose, onDone }: SuspensionDialogProps) {
  const { driver } = versioned;
  const { decide } = useApplicationReview(versioned);
  const name = driver.name ?? text.unnamed;
  const words = ends ? text.reinstate : text.suspend;
  return (
    <FormDialog
      title={words.title(name)}
      about={words.about}
      submit={words.submit}
      pending={text.saving}
      tone={ends ? "primary" : "danger"}
      onSubmit={async (values) => {
        const reason = values("reason").trim();
        await decide((etag) => (ends ? endSuspension : suspendDriver)(driver.id, reason, etag));
        onDone(words.done(name));
      }}
      describeError={describeConflict}
      onClose={onClose}
    >
      {(form) => <TextArea name="reason" label={text.reason} required maxLength={500} hint={text.reasonHint} error={form.errorOf("reason")} />}
    </FormDialog>
  );
}
