import { OwnPassword } from "../features/own-account/OwnPassword.tsx";
import { OwnSessions } from "../features/own-account/OwnSessions.tsx";
import { texts } from "../lib/texts.ts";
import { OfficePage } from "./OfficePage.tsx";

export function OwnAccountRoute() {
  return (
    <OfficePage title={texts.ownAccount.title} about={texts.ownAccount.about}>
      <div className="grid max-w-5xl items-start gap-4 lg:grid-cols-2">
        <OwnSessions />
        <OwnPassword />
      </div>
    </OfficePage>
  );
}
