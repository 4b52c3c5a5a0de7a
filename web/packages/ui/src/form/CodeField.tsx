import { Field, type FieldProps } from "./Field.tsx";

/** Six digits from a text message or an authenticator app; phones offer to fill them in. */
export function CodeField(props: Omit<FieldProps, "type" | "inputMode" | "autoComplete" | "maxLength">) {
  return <Field {...props} inputClassName="font-semibold tracking-[0.4em] tabular-nums placeholder:tracking-[0.4em]" placeholder="••••••" type="text" inputMode="numeric" autoComplete="one-time-code" pattern="[0-9 ]*" maxLength={9} spellCheck={false} />;
}
