import { Button } from "@supportcarr/ui/Button";
import { Choices } from "@supportcarr/ui/form/Choices";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import { InvalidFields } from "@supportcarr/ui/form/useSubmission";
import { Modal } from "@supportcarr/ui/Modal";
import { Notice } from "@supportcarr/ui/Notice";
import { QueryState } from "@supportcarr/ui/QueryState";
import { Stars } from "@supportcarr/ui/Stars";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { rate, reportRating, rescueQueries } from "../../lib/api/rescues.ts";
import type { Rating, RatingForm, Rescue, RescueRatings } from "../../lib/api/types.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.rating;

/** Rates the other side of a rescue, once; later it shows what both have said. */
export function RatingDialog({ rescue, onClose }: { rescue: Rescue; onClose: () => void }) {
  const ratings = useQuery(rescueQueries.ratings(rescue.id));
  const title = rescue.driver ? text.rateDriver(rescue.driver.name) : text.title;
  if (ratings.data?.may_rate) return <Form rescueId={rescue.id} title={title} reasons={ratings.data.reasons} onClose={onClose} />;
  return (
    <Modal title={title} closeLabel={texts.close} onClose={onClose}>
      <QueryState query={ratings}>{(data) => <BothRatings ratings={data} />}</QueryState>
    </Modal>
  );
}

function Form({ rescueId, title, reasons, onClose }: { rescueId: string; title: string; reasons: readonly string[]; onClose: () => void }) {
  const queryClient = useQueryClient();
  return (
    <FormDialog
      title={title}
      about={text.about}
      submit={text.submit}
      pending={text.sending}
      onSubmit={async (values) => {
        const stars = Number(values("stars"));
        if (!stars) throw new InvalidFields({ stars: text.starsMissing });
        await rate(rescueId, { stars, reasons: values.all("reasons") as NonNullable<RatingForm["reasons"]>, comment: values("comment").trim() || null });
        await queryClient.invalidateQueries({ queryKey: rescueQueries.ratings(rescueId).queryKey });
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <Choices
            legend={text.starsLegend}
            name="stars"
            columns={1}
            choices={[5, 4, 3, 2, 1].map((stars) => ({ value: String(stars), label: text.starNames[stars] ?? "" }))}
            error={form.errorOf("stars")}
          />
          <Choices
            legend={text.reasonsLegend}
            name="reasons"
            multiple
            choices={reasons.map((value) => ({ value, label: text.reasons[value] ?? value }))}
            error={form.errorOf("reasons")}
          />
          <TextArea name="comment" label={text.comment} maxLength={500} error={form.errorOf("comment")} />
        </>
      )}
    </FormDialog>
  );
}

function BothRatings({ ratings: { mine, theirs } }: { ratings: RescueRatings }) {
  const [reporting, setReporting] = useState(false);
  const [reported, setReported] = useState(false);
  return (
    <div className="space-y-5">
      {mine ? <OneRating label={text.yours} rating={mine} /> : <p className="text-sm text-(--muted)">{text.closed}</p>}
      {theirs ? (
        <div>
          <OneRating label={text.theirs} rating={theirs} />
          {reported ? (
            <Notice tone="success" className="mt-2">
              {text.reported}
            </Notice>
          ) : (
            <Button variant="ghost" className="mt-1 -ml-2.5 text-sm" onClick={() => setReporting(true)}>
              {text.report}
            </Button>
          )}
        </div>
      ) : mine ? (
        <p className="text-sm text-(--muted)">{text.theirsLater}</p>
      ) : null}
      {reporting && theirs ? (
        <FormDialog
          title={text.reportTitle}
          about={text.reportAbout}
          submit={text.reportSubmit}
          pending={text.reporting}
          onSubmit={async (values) => {
            await reportRating(theirs.id, values("reason").trim());
            setReporting(false);
            setReported(true);
          }}
          onClose={() => setReporting(false)}
        >
          {(form) => <TextArea name="reason" label={text.reportReason} required maxLength={500} error={form.errorOf("reason")} />}
        </FormDialog>
      ) : null}
    </div>
  );
}

function OneRating({ label, rating: { stars, reasons, comment } }: { label: string; rating: Rating }) {
  return (
    <div className="text-sm">
      <p className="mb-1 font-medium">{label}</p>
      <Stars stars={stars} label={text.stars(stars)} />
      {reasons.length ? <p className="mt-1">{reasons.map((reason) => text.reasons[reason] ?? reason).join(" · ")}</p> : null}
      {comment ? <p className="mt-1 wrap-anywhere text-(--muted)">{comment}</p> : null}
    </div>
  );
}
