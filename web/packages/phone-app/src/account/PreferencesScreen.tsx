import type { Account } from "@supportcarr/client/account";
import { isLanguage, LANGUAGES } from "@supportcarr/i18n/languages";
import { setLanguage, useLanguage } from "@supportcarr/i18n/useLanguage";
import type { Units } from "@supportcarr/i18n/useUnits";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useTranslations } from "use-intl";

import { setTheme, type ThemeSetting, useThemeSetting } from "@supportcarr/ui/theme";
import { PushSetting } from "@supportcarr/pwa/PushSetting";
import { Switch } from "@supportcarr/ui/Switch";
import type { AccountChange } from "../api/types.ts";
import { linkProps } from "../appLinks.ts";
import { Loaded } from "../Loaded.tsx";
import { usePhoneApp } from "../PhoneAppContext.tsx";
import { Screen } from "../Screen.tsx";
import { useSend } from "../useSend.ts";
import { RadioRows } from "./RadioRows.tsx";

const CHANNELS = ["push", "sms", "email"] as const;
const UNITS: readonly Units[] = ["metric", "imperial"];
const THEMES = ["system", "light", "dark"] as const;

type Preferences = NonNullable<AccountChange["preferences"]>;

/** Language, look, units, and how the person is told things. Each is stored as it is chosen. */
export function PreferencesScreen() {
  const text = useTranslations("preferences");
  const { accountQueries, changeAccount, links, role } = usePhoneApp();
  const me = useQuery(accountQueries.me());
  const language = useLanguage((state) => state.language);
  const theme = useThemeSetting((state) => state.setting);
  const { busy, send } = useSend();
  const queryClient = useQueryClient();
  const common = useTranslations("common");
  const last = useRef(Promise.resolve());
  const changes = useRef(0); // that are not stored yet

  const { queryKey } = accountQueries.me();
  const show = (preferences: Preferences) =>
    queryClient.setQueryData<Account>(queryKey, (account) => {
      if (!account) return account;
      const notifications = { ...account.preferences.notifications, ...preferences.notifications };
      return { ...account, preferences: { ...account.preferences, ...preferences, notifications } };
    });

  /** Shown at once; taken back if it could not be stored.  One after another: none is lost, and the last one counts. */
  function change(preferences: Preferences) {
    const before = queryClient.getQueryData<Account>(queryKey)?.preferences;
    show(preferences);
    changes.current += 1;
    const stored = last.current.then(() => send(() => changeAccount({ preferences }), { done: common("saved") }));
    last.current = stored.then((done) => {
      if (!done && before) show(Object.fromEntries(Object.keys(preferences).map((name) => [name, before[name as keyof Preferences]])));
      changes.current -= 1;
      if (changes.current === 0) void queryClient.invalidateQueries({ queryKey });
    });
  }

  return (
    <Screen title={text("title")} back={linkProps(links.account)}>
      <div className="space-y-8">
        <RadioRows
          legend={text("language")}
          name="language"
          value={language}
          options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          onChange={(value) => {
            if (!isLanguage(value)) return;
            setLanguage(value);
            change({ language: value });
          }}
        />
        <Loaded query={me} lines={2}>
          {({ preferences }) => (
            <RadioRows
              legend={text("units")}
              name="units"
              value={preferences.units}
              options={UNITS.map((value) => ({ value, label: text(`unitNames.${value}`) }))}
              onChange={(value) => change({ units: value as Units })}
            />
          )}
        </Loaded>
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
                  <Switch key={channel} label={text(`channelNames.${channel}`)} checked={preferences.notifications[channel]} disabled={busy} onChange={(on) => change({ notifications: { [channel]: on } })} />
                ))}
              </div>
              <p className="mt-2 text-sm text-(--muted)">{text("channelsHint")}</p>
            </fieldset>
          )}
        </Loaded>
        <PushSetting app={role} />
      </div>
    </Screen>
  );
}
