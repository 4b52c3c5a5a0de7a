import * as Dialog from "@radix-ui/react-dialog";
import { useFormats } from "@supportcarr/i18n/useFormats";
import { type LngLat, MapView } from "@supportcarr/map/MapView";
import { usePlaceName } from "@supportcarr/phone-app/usePlaceName";
import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";

import type { Offer } from "../../lib/api/types.ts";
import { ringForOffer } from "../../lib/chime.ts";
import { cityNow, citySpeed } from "../../lib/cityClock.ts";
import { Button } from "@supportcarr/ui/Button";
import { Countdown } from "@supportcarr/ui/Countdown";
import { SlideToConfirm } from "@supportcarr/ui/SlideToConfirm";
import { useReturnFocus } from "@supportcarr/ui/useReturnFocus";
import { useWork } from "../../lib/useWork.ts";

interface OfferScreenProps {
  offer: Offer;
  busy: boolean;
  onAccept: () => void;
  onDecline: () => void;
  /** Its time is over. */
  onOver: () => void;
}

/** A job is offered: what it pays, how far it is, and how long it can still be accepted. */
export function OfferScreen({ offer, busy, onAccept, onDecline, onOver }: OfferScreenProps) {
  const text = useTranslations("offer");
  const formats = useFormats();
  const work = useWork();
  const returnFocus = useReturnFocus();
  const from = usePlaceName(offer.pickup);
  const to = usePlaceName(offer.dropoff);
  const [endsAt] = useState(() => Date.now() + (Date.parse(offer.expires_at) - cityNow()) / citySpeed());
  useEffect(ringForOffer, []);
  useEffect(() => {
    const timer = setTimeout(onOver, Math.max(0, endsAt - Date.now()) + 300);
    return () => clearTimeout(timer);
  }, [endsAt, onOver]);
  const pickup: LngLat = [offer.pickup.lng, offer.pickup.lat];
  const dropoff: LngLat = [offer.dropoff.lng, offer.dropoff.lat];
  return (
    <Dialog.Root open>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          onEscapeKeyDown={(event) => event.preventDefault()}
          onInteractOutside={(event) => event.preventDefault()}
          data-rescue={offer.rescue_id}
          className="fixed inset-0 z-50 flex flex-col overflow-y-auto bg-(--background) pt-[env(safe-area-inset-top)] text-(--text)"
        >
          <div className="mx-auto flex w-full max-w-xl flex-1 flex-col">
            <div className="relative min-h-36 flex-1">
              <MapView
                label={text("map")}
                interactive={false}
                fit={[pickup, dropoff]}
                line={[pickup, dropoff]}
                markers={[
                  { id: "pickup", kind: "rider", at: pickup, label: text("pickup") },
                  { id: "dropoff", kind: "dropoff", at: dropoff, label: text("dropoff") },
                ]}
              />
            </div>
            <div className="px-5 pt-4 pb-[calc(1.25rem+env(safe-area-inset-bottom))]">
              <div className="flex items-center justify-between gap-4">
                <div className="min-w-0">
                  <Dialog.Title className="text-lg text-(--muted)">{offer.queued ? text("next") : text("title")}</Dialog.Title>
                  <p className="text-[2rem] leading-none font-semibold tabular-nums min-[24rem]:text-[2.75rem]">{formats.money(offer.pay_minor, offer.currency)}</p>
                </div>
                <Countdown endsAt={endsAt} total={(Date.parse(offer.expires_at) - Date.parse(offer.made_at)) / citySpeed() / 1_000} label={(seconds) => text("countdown", { seconds })} className="size-24 shrink-0 min-[24rem]:size-28" />
              </div>
              <p className="mt-3 text-2xl font-semibold">{work(offer.kind, offer.problem)}</p>
              <p className="mt-1 text-xl">{text("away", { distance: formats.distance(offer.distance_m), eta: formats.duration(offer.eta_seconds) })}</p>
              {from && to && from !== to ? <p className="mt-1 wrap-anywhere text-(--muted)">{text("way", { from, to })}</p> : null}
              {offer.queued ? <p className="mt-1 text-(--muted)">{text("nextAbout")}</p> : null}
              <div className="mt-5 space-y-3">
                <SlideToConfirm label={text("accept")} tone="accent" busy={busy} onConfirm={onAccept} />
                <Button variant="secondary" size="lg" block disabled={busy} onClick={onDecline}>
                  {text("decline")}
                </Button>
              </div>
            </div>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
