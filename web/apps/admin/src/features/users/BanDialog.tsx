import { Field } from "@supportcarr/ui/form/Field";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";

import type { UserView } from "../../lib/api/types.ts";
import { banUser, liftBan } from "../../lib/api/users.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.users;

/** Bans an account, with a reason, or lifts its ban. */
export function BanDialog({ user, onClose, onDone }: { user: UserView; onClose: () => void; onDone: () => Promise<void> }) {
  const banned = Boolean(user.banned_at);
  return (
    <FormDialog
      title={banned ? text.liftBanOf(user.name) : text.banPerson(user.name)}
      about={banned ? text.liftAbout : text.banAbout}
      submit={banned ? text.liftBan : text.ban}
      pending={text.saving}
      tone={banned ? "primary" : "danger"}
      onSubmit={async (values) => {
        if (banned) await liftBan(user.id);
        else await banUser(user.id, values("reason").trim());
        await onDone();
      }}
      onClose={onClose}
    >
      {(form) => (banned ? null : <Field name="reason" label={text.reason} type="text" required maxLength={500} hint={text.reasonHint} error={form.errorOf("reason")} />)}
    </FormDialog>
  );
}
