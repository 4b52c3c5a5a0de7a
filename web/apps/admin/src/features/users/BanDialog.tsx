import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { accountTexts } from "@supportcarr/ui/account/texts";
import { Button } from "@supportcarr/ui/Button";
import { Field } from "@supportcarr/ui/form/Field";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Modal } from "@supportcarr/ui/Modal";
import { Notice } from "@supportcarr/ui/Notice";

import type { UserView } from "../../lib/api/types.ts";
import { banUser, liftBan } from "../../lib/api/users.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.users;

/** Bans an account, with a reason, or lifts its ban. */
export function BanDialog({ user, onClose, onDone }: { user: UserView; onClose: () => void; onDone: () => Promise<void> }) {
  const banned = Boolean(user.banned_at);
  const form = useSubmission(async (values) => {
    if (banned) await liftBan(user.id);
    else await banUser(user.id, values("reason").trim());
    await onDone();
  });
  return (
    <Modal title={banned ? text.liftBanOf(user.name) : text.banPerson(user.name)} about={banned ? text.liftAbout : text.banAbout} onClose={onClose}>
      <form onSubmit={form.onSubmit} className="space-y-4">
        {banned ? null : <Field name="reason" label={text.reason} type="text" required maxLength={500} hint={text.reasonHint} error={form.errorOf("reason")} />}
        {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
        <div className="flex justify-end gap-2">
          <Button variant="secondary" onClick={onClose}>
            {accountTexts.cancel}
          </Button>
          <SubmitButton variant={banned ? "primary" : "danger"} label={banned ? text.liftBan : text.ban} pendingLabel={text.saving} pending={form.pending} />
        </div>
      </form>
    </Modal>
  );
}
