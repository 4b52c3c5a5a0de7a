import { formatPhone } from "@supportcarr/ui/formatPhone";
import { Badge } from "@supportcarr/ui/Badge";
import { useQueue } from "@supportcarr/pwa/queue";
import { useQuery } from "@tanstack/react-query";
import { Bike, CarFront, CircleHelp, CreditCard, LogOut, MapPin, ShieldCheck, SlidersHorizontal, UserRound, UserRoundCog } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { accountQueries } from "../../lib/api/account.ts";
import { LinkRow } from "@supportcarr/phone-app/LinkRow";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { queue } from "../../lib/queue.ts";
import { photoQueue } from "../../lib/photoUploads.ts";
import { signOut } from "../../lib/session.ts";
import { TextLink } from "@supportcarr/phone-app/TextLink";
import { AlertDialog } from "@supportcarr/ui/AlertDialog";
import { Avatar } from "@supportcarr/ui/Avatar";
import { Button } from "@supportcarr/ui/Button";
import { Notice } from "@supportcarr/ui/Notice";

const ICON = "size-6";

/** Everything about the person, one row each. */
export function AccountScreen() {
  const text = useTranslations("account");
  const me = useQuery(accountQueries.me());
  const queued = useTranslations("queued");
  const waiting = useQueue(queue).length + useQueue(photoQueue).length;
  const [leaving, setLeaving] = useState(false);
  return (
    <Screen title={text("title")}>
      <Loaded query={me} lines={2}>
        {({ name, phone, phone_verified }) => (
          <div className="mb-5 flex items-center gap-4">
            <Avatar name={name} />
            <div className="min-w-0">
              <p className="text-xl font-semibold wrap-anywhere">{name}</p>
              <p className="flex flex-wrap items-center gap-2 text-(--muted)">
                {formatPhone(phone)} <Badge tone={phone_verified ? "success" : "warning"}>{text(phone_verified ? "verified" : "unverified")}</Badge>
              </p>
              {phone_verified ? null : (
                <TextLink to="/verify" className="inline-block py-2">
                  {text("verifyNow")}
                </TextLink>
              )}
            </div>
          </div>
        )}
      </Loaded>
      <nav aria-label={text("title")} className="divide-y divide-(--border)">
        <LinkRow to="/bikes" icon={<Bike className={ICON} />} title={text("bikes")} />
        <LinkRow to="/places" icon={<MapPin className={ICON} />} title={text("places")} />
        <LinkRow to="/cards" icon={<CreditCard className={ICON} />} title={text("cards")} />
        <LinkRow to="/me/profile" icon={<UserRound className={ICON} />} title={text("profile")} detail={text("profileAbout")} />
        <LinkRow to="/me/preferences" icon={<SlidersHorizontal className={ICON} />} title={text("preferences")} detail={text("preferencesAbout")} />
        <LinkRow to="/me/security" icon={<ShieldCheck className={ICON} />} title={text("security")} detail={text("securityAbout")} />
        <LinkRow to="/me/privacy" icon={<UserRoundCog className={ICON} />} title={text("privacy")} detail={text("privacyAbout")} />
        <LinkRow to="/me/driving" icon={<CarFront className={ICON} />} title={text("driving")} />
        <LinkRow to="/help" icon={<CircleHelp className={ICON} />} title={text("help")} />
      </nav>
      <Button variant="secondary" block className="mt-6" icon={<LogOut aria-hidden="true" className="size-5" />} onClick={() => setLeaving(true)}>
        {text("signOut")}
      </Button>
      {leaving ? (
        <AlertDialog title={text("signOutTitle")} body={
            <>
              <p className="text-(--muted)">{text("signOutAbout")}</p>
              {waiting > 0 ? <Notice tone="warning">{queued("signOut", { count: waiting })}</Notice> : null}
            </>
          } confirm={text("signOut")} cancel={text("stay")} onConfirm={() => void signOut()} onCancel={() => setLeaving(false)} />
      ) : null}
    </Screen>
  );
}
