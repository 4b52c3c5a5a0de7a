import { useUiTexts } from "../texts/useUiTexts.ts";
import { Field, type FieldProps } from "./Field.tsx";

/** A phone number with its country code; the server has the last word on whether it is one. */
export function PhoneField({ label, ...props }: Omit<FieldProps, "type" | "inputMode" | "label"> & { label?: string }) {
  const { fields } = useUiTexts();
  return (
    <Field
      autoComplete="tel"
      placeholder={fields.phoneExample}
      hint={fields.phoneHint}
      {...props}
      label={label ?? fields.phone}
      type="tel"
      inputMode="tel"
    />
  );
}
