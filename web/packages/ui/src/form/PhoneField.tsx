import { useUiTexts } from "../texts/useUiTexts.ts";
import { Field, type FieldProps } from "./Field.tsx";
import { withCountryCode } from "./phoneNumber.ts";

/** A phone number; its country code is added when the person leaves the field.  The server says whether it is one. */
export function PhoneField({ label, ...props }: Omit<FieldProps, "type" | "inputMode" | "label" | "onBlur" | "onKeyDown"> & { label?: string }) {
  const { fields } = useUiTexts();
  const complete = (input: HTMLInputElement) => {
    if (input.value) input.value = withCountryCode(input.value);
  };
  return (
    <Field
      autoComplete="tel"
      placeholder={fields.phoneExample}
      {...props}
      label={label ?? fields.phone}
      type="tel"
      inputMode="tel"
      onBlur={(event) => complete(event.currentTarget)}
      onKeyDown={(event) => {
        if (event.key === "Enter") complete(event.currentTarget); // it sends the form
      }}
    />
  );
}
