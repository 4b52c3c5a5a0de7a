import type { Account } from "@supportcarr/client/account";
import { SubmitButton } from "@supportcarr/ui/account/SubmitButton";
import { Card } from "@supportcarr/ui/Card";
import { Choices } from "@supportcarr/ui/form/Choices";
import { Field } from "@supportcarr/ui/form/Field";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import { useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Notice } from "@supportcarr/ui/Notice";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { accountQueries, changeAccount } from "../../lib/api/account.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.preferences;

const CHANNELS = ["push", "sms", "email"] as const;

/** The name, and what the person prefers. */
export function PreferencesCard({ account: { name, preferences } }: { account: Account }) {
  const queryClient = useQueryClient();
  const [saved, setSaved] = useState(false);
  const form = useSubmission(async (values) => {
    setSaved(false);
    const channels = values.all("channels");
    await changeAccount({
      name: values("name").trim(),
      preferences: {
        language: values("language") === "es" ? "es" : "en",
        units: values("units") === "imperial" ? "imperial" : "metric",
        notifications: { push: channels.includes("push"), sms: channels.includes("sms"), email: channels.includes("email") },
        accessibility: values("accessibility").trim() || null,
      },
    });
    await queryClient.invalidateQueries({ queryKey: accountQueries.me().queryKey });
    setSaved(true);
  });
  return (
    <Card title={text.title} about={text.about}>
      <form onSubmit={form.onSubmit} className="space-y-5">
        <Field name="name" label={text.name} type="text" autoComplete="name" required maxLength={80} defaultValue={name} error={form.errorOf("name")} />
        <Choices
          legend={text.language}
          name="language"
          chosen={[preferences.language]}
          choices={Object.entries(text.languages).map(([value, label]) => ({ value, label }))}
          error={form.errorOf("preferences.language")}
        />
        <Choices
          legend={text.units}
          name="units"
          chosen={[preferences.units]}
          choices={Object.entries(text.unitNames).map(([value, label]) => ({ value, label }))}
          error={form.errorOf("preferences.units")}
        />
        <Choices
          legend={text.channels}
          name="channels"
          multiple
          chosen={CHANNELS.filter((channel) => preferences.notifications[channel])}
          choices={CHANNELS.map((value) => ({ value, label: text.channelNames[value] }))}
          hint={text.channelsHint}
        />
        <TextArea
          name="accessibility"
          label={text.accessibility}
          maxLength={500}
          hint={text.accessibilityHint}
          defaultValue={preferences.accessibility ?? ""}
          error={form.errorOf("preferences.accessibility")}
        />
        {form.message ? <Notice tone="danger">{form.message}</Notice> : null}
        {saved ? <Notice tone="success">{text.saved}</Notice> : null}
        <SubmitButton label={texts.save} pendingLabel={texts.saving} pending={form.pending} className="max-sm:w-full" />
      </form>
    </Card>
  );
}
