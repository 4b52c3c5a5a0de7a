import { QueuedActions } from "@supportcarr/phone-app/QueuedActions";
import { useOnline } from "@supportcarr/phone-app/shell/useOnline";
import { useQueue } from "@supportcarr/pwa/queue";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { TextArea } from "@supportcarr/ui/form/TextArea";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { RatingForm } from "../../lib/api/types.ts";
import { queue, ratingOf, ratingSubject } from "../../lib/queue.ts";
import { Loaded } from "@supportcarr/phone-app/Loaded";
import { Screen } from "@supportcarr/phone-app/Screen";
import { Button } from "@supportcarr/ui/Button";
import { useToast } from "@supportcarr/ui/toasts";
import { StarInput } from "@supportcarr/ui/StarInput";
import { useSend } from "@supportcarr/phone-app/useSend";
import { BothRatings } from "./BothRatings.tsx";

const MAX_COMMENT = 500;

/** Rates the driver, once; later it shows what both have said. */
export function RatingScreen() {
  const text = useTranslations("rating");
  const { rescueId } = useParams({ from: "/signed-in/rescues/$rescueId/rating" });
  const rescue = useQuery(rescueQueries.detail(rescueId));
  const ratings = useQuery(rescueQueries.ratings(rescueId));
  const online = useOnline();
  const waits = useQueue(queue).some(({ subject }) => subject === ratingSubject(rescueId));
  const driver = rescue.data?.driver?.name.split(" ")[0];
  return (
    <Screen title={driver ? text("titleDriver", { driver }) : text("title")} back={{ to: "/rescues/$rescueId", params: { rescueId } }}>
      {waits ? (
        <QueuedActions subject={ratingSubject(rescueId)} />
      ) : !ratings.data && !online ? (
        <Form rescueId={rescueId} reasons={[]} />
      ) : (
        <Loaded query={ratings}>{(data) => (data.may_rate ? <Form rescueId={rescueId} reasons={data.reasons} /> : <BothRatings ratings={data} />)}</Loaded>
      )}
    </Screen>
  );
}

function Form({ rescueId, reasons }: { rescueId: string; reasons: readonly string[] }) {
  const text = useTranslations("rating");
  const queryClient = useQueryClient();
  const toast = useToast();
  const { busy, send } = useSend();
  const [stars, setStars] = useState(0);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [comment, setComment] = useState("");
  const toggle = (reason: string) => setChosen(chosen.includes(reason) ? chosen.filter((one) => one !== reason) : [...chosen, reason]);
  return (
    <div>
      <StarInput value={stars} onChange={setStars} label={text("starsLegend")} nameOf={(count) => text("starName", { stars: count })} />
      <p aria-live="polite" className="mt-2 min-h-6 text-center text-(--muted)">
        {stars ? text(`words.${String(stars) as "1" | "2" | "3" | "4" | "5"}`) : text("choose")}
      </p>
      {stars ? (
        <>
          {reasons.length ? (
          <fieldset className="mt-5">
            <legend className="font-medium">{text("reasonsLegend")}</legend>
            <div className="mt-2.5 flex flex-wrap gap-2">
              {reasons.map((reason) => (
                <label
                  key={reason}
                  className="flex min-h-11 cursor-pointer items-center rounded-full border border-(--border-strong) px-4 text-sm has-checked:border-(--accent) has-checked:bg-(--selected) has-checked:font-medium has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-(--accent)"
                >
                  <input type="checkbox" checked={chosen.includes(reason)} onChange={() => toggle(reason)} className="sr-only" />
                  {text.has(`reasons.${reason}` as never) ? text(`reasons.${reason}` as never) : reason}
                </label>
              ))}
            </div>
          </fieldset>
          ) : null}
          <TextArea name="comment" label={text("comment")} maxLength={MAX_COMMENT} value={comment} onChange={(event) => setComment(event.target.value)} className="mt-5" />
          <Button
            size="lg"
            block
            busy={busy}
            className="mt-5"
            onClick={() =>
              void send(() => queue.perform(ratingOf(rescueId, { stars, reasons: [...chosen] as NonNullable<RatingForm["reasons"]>, comment: comment.trim() || null })), {
                onDone: async (outcome) => {
                  if (outcome === "sent") toast({ tone: "success", message: text("done") });
                  await queryClient.invalidateQueries({ queryKey: rescueQueries.ratings(rescueId).queryKey });
                },
              })
            }
          >
            {busy ? text("sending") : text("submit")}
          </Button>
          <p className="mt-3 text-center text-sm text-(--muted)">{text("about")}</p>
        </>
      ) : null}
    </div>
  );
}
