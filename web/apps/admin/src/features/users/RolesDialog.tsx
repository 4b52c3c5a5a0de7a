import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { accountTexts } from "@supportcarr/ui/account/texts";
import { Button } from "@supportcarr/ui/Button";
import { Field } from "@supportcarr/ui/form/Field";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Modal } from "@supportcarr/ui/Modal";
import { Notice } from "@supportcarr/ui/Notice";
import { useState } from "react";

import type { UserView } from "../../lib/api/types.ts";
import { changeRoles } from "../../lib/api/users.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.users;
const ROLES = ["rider", "driver", "support", "admin"] as const;

/** Sets all roles of an account, with a reason. */
export function RolesDialog({ user, onClose, onDone }: { user: UserView; onClose: () => void; onDone: () => Promise<void> }) {
  const [roles, setRoles] = useState<readonly string[]>(user.roles);
  const form = useSubmission(async (values) => {
    await changeRoles(user.id, ROLES.filter((role) => roles.includes(role)), values("reason").trim());
    await onDone();
  });
  const toggle = (role: string, on: boolean) => setRoles(on ? [...roles, role] : roles.filter((known) => known !== role));
  return (
    <Modal title={text.rolesTitle(user.name)} about={text.rolesAbout} onClose={onClose}>
      <form onSubmit={form.onSubmit} className="space-y-4">
        <fieldset>
          <legend className="text-sm font-medium">{text.rolesLegend}</legend>
          <div className="mt-1 grid grid-cols-2 gap-2">
            {ROLES.map((role) => (
              <label key={role} className="flex items-center gap-2 rounded-lg border border-(--border-strong) px-3 py-2 text-sm has-checked:bg-(--selected)">
                <input type="checkbox" checked={roles.includes(role)} onChange={(event) => toggle(role, event.target.checked)} className="size-4 accent-brand-700" />
                {text.roles[role]}
              </label>
            ))}
          </div>
        </fieldset>
        <Field name="reason" label={text.reason} type="text" required maxLength={500} hint={text.reasonHint} error={form.errorOf("reason")} />
        {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
        <div className="flex justify-end gap-2">
          <Button variant="secondary" onClick={onClose}>
            {accountTexts.cancel}
          </Button>
          <SubmitButton label={text.save} pendingLabel={text.saving} pending={form.pending} />
        </div>
      </form>
    </Modal>
  );
}
