import { useFormats } from "@supportcarr/i18n/useFormats";
import { Choices } from "@supportcarr/ui/form/Choices";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { InvalidFields } from "@supportcarr/ui/form/useSubmission";
import { Modal } from "@supportcarr/ui/Modal";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { cancelRescue, rescueQueries } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { Loaded } from "../../lib/Loaded.tsx";
import { Button } from "@supportcarr/ui/Button";
import { useToast } from "@supportcarr/ui/toasts";
import { useDescribeError } from "../../lib/useProblemText.ts";

const REASONS = ["changed_my_mind", "found_other_help", "waiting_too_long", "wrong_details"] as const;

/** Cancels the rescue; what that costs is shown first. */
export function CancelButton({ rescue, scheduled }: { rescue: Rescue; scheduled: boolean }) {
  const text = useTranslations("live.cancel");
  const [open, setOpen] = useState(false);
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
  if (!terms.data) {
    return (
      <Modal title={text("title")} closeLabel={text("keep")} onClose={onClose}>
        <Loaded query={terms} lines={2}>
          {() => null}
        </Loaded>
      </Modal>
    );
  }
  const { fee_minor, currency, free_until } = terms.data;
  const fee = formats.money(fee_minor, currency);
  return (
    <FormDialog
      title={text("title")}
      about={
        fee_minor > 0 ? (
          <strong className="block text-base text-(--text)">{text("costs", { fee })}</strong>
        ) : (
          <strong className="block text-base text-(--text)">{free_until ? text("freeUntil", { until: formats.time(free_until) }) : text("free")}</strong>
        )
      }
      submit={fee_minor > 0 ? text("submitFee", { fee }) : text("submit")}
      pending={text("pending")}
      tone="danger"
      describeError={describeError}
      onSubmit={async (values) => {
        const reason = values("reason");
        if (!reason) throw new InvalidFields({ reason: text("reasonMissing") });
        const cancelled = await cancelRescue(rescue.id, reason);
        queryClient.setQueryData(rescueQueries.detail(rescue.id).queryKey, cancelled);
        void queryClient.invalidateQueries({ queryKey: rescueQueries.all() });
        toast({ tone: "success", message: text("done") });
        onClose();
      }}
      onClose={onClose}
    >
      {(form) => <Choices legend={text("reason")} name="reason" columns={1} choices={REASONS.map((value) => ({ value, label: text(`reasons.${value}`) }))} error={form.errorOf("reason")} />}
    </FormDialog>
  );
}
