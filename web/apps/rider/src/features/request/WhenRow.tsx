import { Field } from "@supportcarr/ui/form/Field";
import { InvalidFields, useSubmission } from "@supportcarr/ui/form/useSubmission";
import { Modal } from "@supportcarr/ui/Modal";
import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { useRequest } from "../../lib/requestStore.ts";
import { Button } from "@supportcarr/ui/Button";
import { ListRow } from "@supportcarr/ui/ListRow";
import { useAreaZone, useBookingTime } from "../../lib/useBookingTime.ts";
import { useCityTime } from "../../lib/useCityTime.ts";
import { toInstant, toLocal } from "../../lib/zonedTime.ts";

const MINUTE_MS = 60_000;
const SOONEST_MS = 30 * MINUTE_MS;
const LATEST_MS = 30 * 24 * 60 * MINUTE_MS;
const SUGGESTED_MS = 60 * MINUTE_MS;

/** Now, or a time for which the rescue is booked. */
export function WhenRow({ areaId }: { areaId: string | null }) {
  const text = useTranslations("request.when");
  const [open, setOpen] = useState(false);
  const bookingTime = useBookingTime();
  const scheduledFor = useRequest((state) => state.draft.scheduledFor);
  const timeZone = useAreaZone()(areaId) ?? "UTC";
  return (
    <>
      <ListRow
        icon={<CalendarClock aria-hidden="true" className="size-5" />}
        title={scheduledFor ? text("at", { when: bookingTime(scheduledFor, areaId) }) : text("now")}
        end={<span className="text-sm text-(--accent-text) underline underline-offset-4">{text("change")}</span>}
        onPress={() => setOpen(true)}
      />
      {open ? <WhenDialog timeZone={timeZone} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function WhenDialog({ timeZone, onClose }: { timeZone: string; onClose: () => void }) {
  const text = useTranslations("request.when");
  const now = useCityTime(MINUTE_MS);
  const { draft, change } = useRequest();
  const form = useSubmission((values) => {
    const at = toInstant(values("at"), timeZone);
    if (at === null || at < now + SOONEST_MS || at > now + LATEST_MS) throw new InvalidFields({ at: text("outOfRange") });
    change({ scheduledFor: new Date(at).toISOString() });
    onClose();
    return Promise.resolve();
  });
  return (
    <Modal title={text("title")} about={text("about")} onClose={onClose}>
      <form onSubmit={form.onSubmit} className="space-y-4">
        <Field
          name="at"
          label={text("field")}
          type="datetime-local"
          required
          min={toLocal(now + SOONEST_MS, timeZone)}
          max={toLocal(now + LATEST_MS, timeZone)}
          defaultValue={toLocal(draft.scheduledFor ? Date.parse(draft.scheduledFor) : now + SUGGESTED_MS, timeZone)}
          error={form.errorOf("at")}
        />
        <Button type="submit" block>
          {text("choose")}
        </Button>
        <Button
          variant="secondary"
          block
          onClick={() => {
            change({ scheduledFor: null });
            onClose();
          }}
        >
          {text("asNow")}
        </Button>
      </form>
    </Modal>
  );
}
