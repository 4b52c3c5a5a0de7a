import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Camera, MessageCircle, Phone, Share2, ShieldAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";

import { configQueries } from "@supportcarr/phone-app/api/config";
import { shareRescue } from "../../lib/api/rescues.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { EMERGENCY_NUMBER } from "@supportcarr/phone-app/emergency";
import { useLive } from "../../lib/liveStore.ts";
import { hasDriver, hasEnded, type Phase } from "../../lib/rescuePhase.ts";
import { CopyField } from "@supportcarr/ui/CopyField";
import { Modal } from "@supportcarr/ui/Modal";
import { useUiTexts } from "@supportcarr/ui/texts/useUiTexts";
import { useToast } from "@supportcarr/ui/toasts";
import { useSend } from "@supportcarr/phone-app/useSend";

const CELL = "flex min-h-16 flex-1 flex-col items-center justify-center gap-1 rounded-xl border border-(--border) px-1 py-2 text-center text-sm hover:bg-(--hover)";

/** What can be done beside the rescue itself: write, share, photograph, call somebody. */
export function Actions({ rescue, phase }: { rescue: Rescue; phase: Phase }) {
  const text = useTranslations("live.actions");
  const { close } = useUiTexts();
  const toast = useToast();
  const { busy, send } = useSend();
  const [link, setLink] = useState<string | null>(null);
  const config = useQuery(configQueries.current());
  const unread = useLive((state) => state.unread.get(rescue.id) ?? 0);
  const ended = hasEnded(phase);
  const params = { rescueId: rescue.id };
  const supportPhone = config.data?.support?.phone;

  const share = () =>
    send(async () => {
      const { url } = await shareRescue(rescue.id);
      try {
        if (typeof navigator.share === "function") await navigator.share({ title: text("shareTitle"), text: text("shareText"), url });
        else {
          await navigator.clipboard.writeText(url);
          toast({ tone: "success", message: text("linkCopied") });
        }
      } catch (error) {
        const closed = error instanceof DOMException && error.name === "AbortError";
        if (!closed) setLink(url); // not every browser lets a page share or copy: the rider copies it
      }
    });

  const cells: ReactNode[] = [];
  if (hasDriver(phase) || (ended && rescue.driver)) {
    cells.push(
      <Link key="chat" to="/rescues/$rescueId/chat" params={params} className={CELL}>
        <MessageCircle aria-hidden="true" className="size-6" />
        {unread ? text("unread", { count: unread }) : text("chat")}
      </Link>,
    );
  }
  if (!ended && phase !== "scheduled") {
    cells.push(
      <button key="share" type="button" disabled={busy} onClick={() => void share()} className={CELL}>
        <Share2 aria-hidden="true" className="size-6" />
        {text("share")}
      </button>,
    );
  }
  cells.push(
    <Link key="photos" to="/rescues/$rescueId/photos" params={params} className={CELL}>
      <Camera aria-hidden="true" className="size-6" />
      {text("photos")}
    </Link>,
  );
  cells.push(
    supportPhone ? (
      <a key="support" href={`tel:${supportPhone}`} className={CELL}>
        <Phone aria-hidden="true" className="size-6" />
        {text("support")}
      </a>
    ) : (
      <Link key="support" to="/help" className={CELL}>
        <Phone aria-hidden="true" className="size-6" />
        {text("support")}
      </Link>
    ),
  );
  return (
    <div className="space-y-3">
      <div className="flex gap-2">{cells}</div>
      {ended ? null : (
        <a href={`tel:${EMERGENCY_NUMBER}`} className="flex min-h-11 items-center justify-center gap-2 rounded-xl text-sm text-(--danger-text)">
          <ShieldAlert aria-hidden="true" className="size-5" />
          {text("emergency", { number: EMERGENCY_NUMBER })}
        </a>
      )}
      {link ? (
        <Modal title={text("linkTitle")} about={text("linkAbout")} onClose={() => setLink(null)} closeLabel={close}>
          <CopyField value={link} copyLabel={text("copy")} testId="share-link">
            {link}
          </CopyField>
        </Modal>
      ) : null}
    </div>
  );
}
