import type { Account } from "@supportcarr/client/account";
import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { Field } from "@supportcarr/ui/form/Field";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { useToast } from "@supportcarr/ui/toasts";
import { linkProps } from "../appLinks.ts";
import { Loaded } from "../Loaded.tsx";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { useDescribeError } from "../useProblemText.ts";
import { PhoneChange } from "./PhoneChange.tsx";

/** What the person is called, what helps them, and their number. */
export function ProfileScreen() {
  const text = useTranslations("profile");
  const { accountQueries, links } = usePhoneApp();
  const me = useQuery(accountQueries.me());
  return (
    <Screen title={text("title")} back={linkProps(links.account)}>
      <Loaded query={me}>
        {(account) => (
          <div className="space-y-10">
            <ProfileForm account={account} />
            {account.phone_verified ? <PhoneChange phone={account.phone} /> : null}
          </div>
        )}
      </Loaded>
    </Screen>
  );
}

function ProfileForm({ account: { name, preferences } }: { account: Account }) {
  const text = useTranslations("profile");
  const common = useTranslations("common");
  const queryClient = useQueryClient();
  const toast = useToast();
  const { accountQueries, changeAccount } = usePhoneApp();
  const describeError = useDescribeError();
  const form = useSubmission(async (values) => {
    await changeAccount({ name: values("name").trim(), preferences: { accessibility: values("accessibility").trim() || null } });
    await queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey });
    toast({ tone: "success", message: common("saved") });
  }, describeError);
  return (
    <form onSubmit={form.onSubmit} className="space-y-4">
      <Field name="name" label={text("name")} type="text" autoComplete="name" required maxLength={80} defaultValue={name} error={form.errorOf("name")} />
      <TextArea
        name="accessibility"
        label={text("accessibility")}
        hint={text("accessibilityHint")}
        maxLength={500}
        defaultValue={preferences.accessibility ?? ""}
        error={form.errorOf("preferences.accessibility")}
      />
      {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
      <SubmitButton label={common("save")} pendingLabel={common("saving")} pending={form.pending} className="min-h-13 w-full" />
    </form>
  );
}
