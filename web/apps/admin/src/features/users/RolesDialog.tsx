import { Choices } from "@supportcarr/ui/form/Choices";
import { Field } from "@supportcarr/ui/form/Field";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";

import type { UserView } from "../../lib/api/types.ts";
import { changeRoles } from "../../lib/api/users.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.users;
const ROLES = ["rider", "driver", "support", "admin"] as const;

/** Sets all roles of an account, with a reason. */
export function RolesDialog({ user, onClose, onDone }: { user: UserView; onClose: () => void; onDone: () => Promise<void> }) {
  return (
    <FormDialog
      title={text.rolesTitle(user.name)}
      about={text.rolesAbout}
      submit={text.save}
      pending={text.saving}
      onSubmit={async (values) => {
        await changeRoles(user.id, values.all("roles"), values("reason").trim());
        await onDone();
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <Choices
            legend={text.rolesLegend}
            name="roles"
            multiple
            chosen={user.roles}
            choices={ROLES.map((role) => ({ value: role, label: text.roles[role] ?? role }))}
            error={form.errorOf("roles")}
          />
          <Field name="reason" label={text.reason} type="text" required maxLength={500} hint={text.reasonHint} error={form.errorOf("reason")} />
        </>
      )}
    </FormDialog>
  );
}
