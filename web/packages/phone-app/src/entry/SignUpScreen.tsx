import { unitsOf } from "@supportcarr/i18n/useFormats";
import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { Field } from "@supportcarr/ui/form/Field";
import { PasswordField } from "@supportcarr/ui/form/PasswordField";
import { PhoneField } from "@supportcarr/ui/form/PhoneField";
import { InvalidFields, useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { configQueries } from "../api/config.ts";
import { linkProps, useGoTo } from "../appLinks.ts";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { TextLink } from "../TextLink.tsx";
import { useDescribeError } from "../useProblemText.ts";

/** Name, number and password; the code follows on the next screen. */
export function SignUpScreen() {
  const text = useTranslations("signUp");
  const goTo = useGoTo();
  const { changeAccount, role, session } = usePhoneApp();
  const describeError = useDescribeError();
  const queryClient = useQueryClient();
  const config = useQuery(configQueries.current());
  const terms = config.data?.legal?.terms_version;
  const form = useSubmission(async (values) => {
    // Whoever is faster than their connection has not seen the terms yet.
    const { legal } = await queryClient.query({ ...configQueries.current(), staleTime: "static" });
    const version = legal?.terms_version;
    if (version && values("terms") !== "on") throw new InvalidFields({ terms: text("termsMissing") });
    await session.signUp({
      name: values("name").trim(),
      phone: values("phone").trim(),
      password: values("password"),
      role,
      language: useLanguage.getState().language,
      ...(version ? { accepted_terms: version } : {}),
    });
    if (unitsOf(navigator.language) === "imperial") void changeAccount({ preferences: { units: "imperial" } }).catch(() => undefined); // it can be set later
    await goTo({ to: "/verify" });
  }, describeError);
  return (
    <Screen title={text("title")} back={linkProps({ to: "/welcome" })}>
      <p className="mb-5 text-(--muted)">{text("about")}</p>
      <form onSubmit={form.onSubmit} className="space-y-4">
        <Field name="name" label={text("name")} type="text" autoComplete="name" required maxLength={80} hint={text("nameHint")} error={form.errorOf("name")} />
        <PhoneField name="phone" label={text("phone")} autoComplete="username" required placeholder={text("phoneExample")} hint={text("phoneHint")} error={form.errorOf("phone")} />
        <PasswordField name="password" label={text("password")} autoComplete="new-password" required hint={text("passwordHint")} error={form.errorOf("password")} />
        {terms ? (
          <div>
            <label className="flex min-h-11 items-start gap-3 py-2 text-sm">
              <input type="checkbox" name="terms" aria-invalid={form.errorOf("terms") ? true : undefined} className="mt-0.5 size-5 shrink-0 accent-(--accent)" />
              <span>
                {text.rich("terms", {
                  terms: (chunks) => (
                    <a href="/terms" target="_blank" rel="noreferrer" className="underline underline-offset-4">
                      {chunks}
                    </a>
                  ),
                  privacy: (chunks) => (
                    <a href="/privacy" target="_blank" rel="noreferrer" className="underline underline-offset-4">
                      {chunks}
                    </a>
                  ),
                })}
              </span>
            </label>
            {form.errorOf("terms") ? (
              <p role="alert" className="mt-1 text-sm text-(--danger-text)">
                {form.errorOf("terms")}
              </p>
            ) : null}
          </div>
        ) : null}
        {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
        <SubmitButton label={text("submit")} pendingLabel={text("pending")} pending={form.pending} className="min-h-13 w-full" />
      </form>
      <p className="mt-6 text-center text-sm text-balance text-(--muted)">
        {text("haveAccount")} <TextLink {...linkProps({ to: "/sign-in" })}>{text("signIn")}</TextLink>
      </p>
    </Screen>
  );
}
