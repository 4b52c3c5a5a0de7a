import { Checkbox } from "../form/Checkbox.tsx";
import { Field } from "../form/Field.tsx";
import { PasswordField } from "../form/PasswordField.tsx";
import { PhoneField } from "../form/PhoneField.tsx";
import { useSubmission } from "../form/useSubmission.ts";
import { Notice } from "../Notice.tsx";
import { SubmitButton } from "./SubmitButton.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";

export interface NewAccount {
  name: string;
  phone: string;
  password: string;
  role: "rider" | "driver";
}


/** Name, number, password, and what the person wants to do. */
export function SignUpForm({ onSignUp }: { onSignUp: (account: NewAccount) => Promise<unknown> }) {
  const { fields, signUp: text } = useUiTexts();
  const form = useSubmission((values) =>
    onSignUp({
      name: values("name").trim(),
      phone: values("phone").trim(),
      password: values("password"),
      role: values("role") === "driver" ? "driver" : "rider",
    }),
  );
  return (
    <form onSubmit={form.onSubmit} className="space-y-4">
      <Field name="name" label={fields.name} type="text" autoComplete="name" required maxLength={80} error={form.errorOf("name")} />
      <PhoneField name="phone" autoComplete="username" required hint={fields.phoneHint} error={form.errorOf("phone")} />
      <PasswordField name="password" label={fields.password} autoComplete="new-password" required hint={fields.passwordHint} error={form.errorOf("password")} />
      <fieldset>
        <legend className="text-sm font-semibold">{text.role}</legend>
        <div className="mt-1 grid grid-cols-2 gap-2">
          {(["rider", "driver"] as const).map((role) => (
            <label
              key={role}
              className="flex items-center gap-2 rounded-control border border-(--border-strong) px-3 py-2.5 text-sm has-checked:border-(--accent) bg-(--surface-raised) has-checked:bg-(--selected) has-checked:ring-1 has-checked:ring-(--accent) has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-(--accent)"
            >
              <input type="radio" name="role" value={role} defaultChecked={role === "rider"} className="accent-(--accent)" />
              {text[role]}
            </label>
          ))}
        </div>
      </fieldset>
      <Checkbox
        name="terms"
        required
        label={
          <>
            {text.accept}{" "}
            <a href="/terms" target="_blank" rel="noreferrer" className="underline underline-offset-4">
              {text.terms}
            </a>{" "}
            {text.read}{text.read.endsWith("’") ? "" : " "}
            <a href="/privacy" target="_blank" rel="noreferrer" className="underline underline-offset-4">
              {text.privacy}
            </a>
          </>
        }
      />
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <SubmitButton label={text.submit} pendingLabel={text.pending} pending={form.pending} className="w-full" />
    </form>
  );
}
