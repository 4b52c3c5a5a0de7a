import { useState } from "react";

import { useUiTexts } from "../texts/useUiTexts.ts";
import { Field, type FieldProps } from "./Field.tsx";

/** A password, masked until the person asks to see it. */
export function PasswordField({ autoComplete, ...props }: Omit<FieldProps, "type" | "addition"> & { autoComplete: "current-password" | "new-password" }) {
  const uiTexts = useUiTexts();
  const [shown, setShown] = useState(false);
  const { show, hide, showLabel } = uiTexts.password;
  return (
    <Field
      {...props}
      type={shown ? "text" : "password"}
      autoComplete={autoComplete}
      spellCheck={false}
      autoCapitalize="none"
      addition={
        <button
          type="button"
          aria-label={showLabel}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
          className="absolute inset-y-0 right-0 min-w-11 rounded-control px-3 -outline-offset-2 text-sm font-medium text-(--accent-text) hover:bg-(--hover)"
        >
          {shown ? hide : show}
        </button>
      }
    />
  );
}
