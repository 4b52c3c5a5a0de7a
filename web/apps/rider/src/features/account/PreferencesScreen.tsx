import type { Account } from "@supportcarr/client/account";
import { isLanguage, LANGUAGES } from "@supportcarr/i18n/languages";
import { setLanguage, useLanguage } from "@supportcarr/i18n/useLanguage";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { accountQueries, changeAccount } from "../../lib/api/account.ts";
import type { AccountChange } from "../../lib/api/types.ts";
import { Loaded } from "../../lib/Loaded.tsx";
import { Screen } from "../../lib/Screen.tsx";
import { setTheme, type ThemeSetting, useThemeSetting } from "@supportcarr/ui/theme";
import { Switch } from "@supportcarr/ui/Switch";
import { useSend } from "../../lib/useSend.ts";
import { RadioRows } from "./RadioRows.tsx";

const CHANNELS = ["push", "sms", "email"] as const;
const THEMES = ["system", "light", "dark"] as const;
const SENT_LANGUAGES = new Set(["en", "es"]); // of text messages

type Preferences = NonNullable<AccountChange["preferences"]>;

/** Language, look, units, and how the person is told things. Each is stored as it is chosen. */
export function PreferencesScreen() {
  const text = useTranslations("preferences");
  const me = useQuery(accountQueries.me());
  const language = useLanguage((state) => state.language);
  const theme = useThemeSetting((state) => state.setting);
  const { busy, send } = useSend();
  const queryClient = useQueryClient();
  const common = useTranslations("common");

  /** Shown at once; taken back if it could not be stored. */
  async function change(preferences: Preferences) {
    const { queryKey } = accountQueries.me();
    const before = queryClient.getQueryData<Account>(queryKey);
    if (before) {
      const notifications = { ...before.preferences.notifications, ...preferences.notifications };
      queryClient.setQueryData<Account>(queryKey, { ...before, preferences: { ...before.preferences, ...preferences, notifications } });
    }
    const stored = await send(() => changeAccount({ preferences }), { done: common("saved") });
    if (!stored) queryClient.setQueryData(queryKey, before);
    await queryClient.invalidateQueries({ queryKey });
  }

  return (
    <Screen title={text("title")} back={{ to: "/me" }}>
      <div className="space-y-8">
        <RadioRows
          legend={text("language")}
          name="language"
          value={language}
          options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          onChange={(value) => {
            if (!isLanguage(value)) return;
            setLanguage(value);
            if (SENT_LANGUAGES.has(value)) void change({ language: value as NonNullable<Preferences["language"]> });
          }}
        />
        <RadioRows
          legend={text("theme")}
          name="theme"
          value={theme}
          options={THEMES.map((value) => ({ value, label: text(`themes.${value}`) }))}
          onChange={(value) => setTheme(value as ThemeSetting)}
        />
        <Loaded query={me}>
          {({ preferences }) => (
            <fieldset>
              <legend className="font-semibold">{text("channels")}</legend>
              <div className="mt-1 divide-y divide-(--border)">
                {CHANNELS.map((channel) => (
                  <Switch key={channel} label={text(`channelNames.${channel}`)} checked={preferences.notifications[channel]} disabled={busy} onChange={(on) => void change({ notifications: { [channel]: on } })} />
                ))}
              </div>
              <p className="mt-2 text-sm text-(--muted)">{text("channelsHint")}</p>
            </fieldset>
          )}
        </Loaded>
      </div>
    </Screen>
  );
}
