import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { accountQueries, becomeDriver } from "../../lib/api/account.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { Button } from "@supportcarr/ui/Button";
import { useSend } from "@supportcarr/phone-app/useSend";

const APPLICATION = "/driver/apply";
const LINK = "flex min-h-13 w-full items-center justify-center rounded-2xl bg-(--accent) px-5 font-semibold text-(--on-accent) hover:bg-(--accent-hover)";

/** What driving is about, and the way to the application. */
export function DrivingScreen() {
  const text = useTranslations("driving");
  const me = useQuery(accountQueries.me());
  const { busy, send } = useSend();
  return (
    <Screen title={text("title")} back={{ to: "/me" }}>
      <p>{text("about")}</p>
      <ul className="mt-4 list-disc space-y-2 pl-5">
        {(["licence", "vehicle", "phone"] as const).map((need) => (
          <li key={need}>{text(`needs.${need}`)}</li>
        ))}
      </ul>
      <div className="mt-6">
        <Loaded query={me} lines={1}>
          {({ roles, phone_verified }) =>
            roles.includes("driver") ? (
              <a href="/driver/" className={LINK}>
                {text("open")}
              </a>
            ) : (
              <Button size="lg" block busy={busy} disabled={!phone_verified} onClick={() => void send(becomeDriver, { onDone: () => location.assign(APPLICATION) })}>
                {text("apply")}
              </Button>
            )
          }
        </Loaded>
      </div>
    </Screen>
  );
}
