import { useFormats } from "@supportcarr/i18n/useFormats";
import { Choices } from "@supportcarr/ui/form/Choices";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { InvalidFields } from "@supportcarr/ui/form/useSubmission";
import { Modal } from "@supportcarr/ui/Modal";
import { useOnline } from "@supportcarr/phone-app/shell/useOnline";
import { useQueue } from "@supportcarr/pwa/queue";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { cancellationOf, queue } from "../../lib/queue.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Button } from "@supportcarr/ui/Button";
import { useToast } from "@supportcarr/ui/toasts";
import { useDescribeError } from "@supportcarr/phone-app/useProblemText";

const REASONS = ["changed_my_mind", "found_other_help", "waiting_too_long", "wrong_details"] as const;

/** Cancels the rescue; what that costs is shown first. */
export function CancelButton({ rescue, scheduled }: { rescue: Rescue; scheduled: boolean }) {
  const text = useTranslations("live.cancel");
  const [open, setOpen] = useState(false);
  const asked = useQueue(queue).some(({ subject, kind }) => subject === rescue.id && kind === "cancellation");
  if (asked) return null; // what became of it is said above
  return (
    <>
      <Button variant="quiet" block className="text-(--danger-text)" onClick={() => setOpen(true)}>
        {scheduled ? text("openBooking") : text("open")}
      </Button>
      {open ? <CancelDialog rescue={rescue} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function CancelDialog({ rescue, onClose }: { rescue: Rescue; onClose: () => void }) {
  const text = useTranslations("live.cancel");
  const formats = useFormats();
  const toast = useToast();
  const describeError = useDescribeError();
  const queryClient = useQueryClient();
  const terms = useQuery(rescueQueries.cancellation(rescue.id));
  const online = useOnline();
  if (!terms.data && online) {
    return (
      <Modal title={text("title")} closeLabel={text("keep")} onClose={onClose}>
        <Loaded query={terms} lines={2}>
          {() => null}
        </Loaded>
      </Modal>
    );
  }
  const { fee_minor, free_until } = terms.data ?? { fee_minor: 0, free_until: null };
  const fee = formats.money(fee_minor, rescue.quote.currency);
  return (
    <FormDialog
      title={text("title")}
      about={
        !terms.data ? (
          text("offline")
        ) : fee_minor > 0 ? (
          <strong className="block text-base text-(--text)">{text("costs", { fee })}</strong>
        ) : (
          <strong className="block text-base text-(--text)">{free_until ? text("freeUntil", { until: formats.time(free_until) }) : text("free")}</strong>
        )
      }
      submit={fee_minor > 0 ? text("submitFee", { fee }) : text("submit")}
      pending={text("pending")}
      cancel={text("keep")}
      tone="danger"
      describeError={describeError}
      onSubmit={async (values) => {
        const reason = values("reason");
        if (!reason) throw new InvalidFields({ reason: text("reasonMissing") });
        const outcome = await queue.perform(cancellationOf(rescue.id, reason, fee_minor)).catch((error: unknown) => {
          void terms.refetch(); // the fee that is shown may be the reason
          throw error;
        });
        void queryClient.invalidateQueries({ queryKey: rescueQueries.all() });
        toast(outcome === "sent" ? { tone: "success", message: text("done") } : { tone: "info", message: text("kept") });
        onClose();
      }}
      onClose={onClose}
    >
      {(form) => <Choices legend={text("reason")} name="reason" columns={1} choices={REASONS.map((value) => ({ value, label: text(`reasons.${value}`) }))} error={form.errorOf("reason")} />}
    </FormDialog>
  );
}
