import { Choices } from "@supportcarr/ui/form/Choices";
import { Field } from "@supportcarr/ui/form/Field";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { Select } from "@supportcarr/ui/form/Select";
import { type FormValues, InvalidFields } from "@supportcarr/ui/form/useSubmission";
import { useState } from "react";

import { createKey } from "../../lib/api/partners.ts";
import type { CreatedKey, NewKey } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";
import { expiryOf } from "./keyState.ts";

const text = texts.partners;

const EXPIRIES = ["90", "30", "365", "date", "never"] as const;

function readForm(values: FormValues, openedAt: number): NewKey {
  const scopes = values.all("scopes");
  const choice = values("expiry");
  const day = values("expires_at");
  const wrong: Record<string, string> = {};
  if (scopes.length === 0) wrong.scopes = text.scopesMissing;
  if (choice === "date" && !day) wrong.expires_at = text.expiryMissing;
  const expires_at = wrong.expires_at ? null : expiryOf(choice, day, openedAt);
  if (expires_at && Date.parse(expires_at) <= Date.now()) wrong.expires_at = text.expiryPast;
  if (Object.keys(wrong).length) throw new InvalidFields(wrong);
  return { mode: values("mode") === "live" ? "live" : "test", scopes: scopes as NewKey["scopes"], expires_at };
}

/** What a new key is for, what it may do and how long it works. */
export function NewKeyDialog({ partnerId, onClose, onCreated }: { partnerId: string; onClose: () => void; onCreated: (created: CreatedKey) => Promise<void> }) {
  const [expiry, setExpiry] = useState<string>(EXPIRIES[0]);
  const [openedAt] = useState(() => Date.now()); // sent again after a lost response it is the same key
  return (
    <FormDialog
      title={text.newKeyTitle}
      about={text.newKeyAbout}
      submit={text.createKey}
      pending={text.creating}
      onSubmit={async (values) => onCreated(await createKey(partnerId, readForm(values, openedAt)))}
      onClose={onClose}
    >
      {(form) => (
        <>
          <Choices
            legend={text.mode}
            name="mode"
            chosen={["test"]}
            choices={(["test", "live"] as const).map((value) => ({ value, ...text.modes[value] }))}
            error={form.errorOf("mode")}
          />
          <Choices
            legend={text.scopes}
            name="scopes"
            multiple
            columns={1}
            chosen={["account:read"]}
            choices={Object.entries(text.scopeNames).map(([value, label]) => ({ value, label, about: value }))}
            error={form.errorOf("scopes")}
          />
          <Select
            name="expiry"
            label={text.expiry}
            value={expiry}
            onChange={(event) => setExpiry(event.target.value)}
            options={EXPIRIES.map((value) => ({ value, label: text.expiries[value] }))}
            hint={expiry === "never" ? text.expiryNeverHint : undefined}
            error={expiry === "date" ? undefined : form.errorOf("expires_at")}
          />
          {expiry === "date" ? <Field name="expires_at" label={text.expiryDate} type="date" required error={form.errorOf("expires_at")} /> : null}
        </>
      )}
    </FormDialog>
  );
}
