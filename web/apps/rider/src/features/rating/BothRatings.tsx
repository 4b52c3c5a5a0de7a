import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import { Notice } from "@supportcarr/ui/Notice";
import { Stars } from "@supportcarr/ui/Stars";
import { useState } from "react";
import { useTranslations } from "use-intl";

import { reportRating } from "../../lib/api/rescues.ts";
import type { Rating, RescueRatings } from "../../lib/api/types.ts";
import { Button } from "@supportcarr/ui/Button";
import { useDescribeError } from "@supportcarr/phone-app/useProblemText";

/** What both sides have said, as far as the rider may see it. */
export function BothRatings({ ratings: { mine, theirs } }: { ratings: RescueRatings }) {
  const text = useTranslations("rating");
  const describeError = useDescribeError();
  const [reporting, setReporting] = useState(false);
  const [reported, setReported] = useState(false);
  return (
    <div className="space-y-6">
      {mine ? <OneRating label={text("yours")} rating={mine} /> : <p className="text-(--muted)">{text("closed")}</p>}
      {theirs ? (
        <div>
          <OneRating label={text("theirs")} rating={theirs} />
          {reported ? (
            <Notice tone="success" className="mt-2">
              {text("reported")}
            </Notice>
          ) : (
            <Button variant="quiet" className="-ml-4" onClick={() => setReporting(true)}>
              {text("report")}
            </Button>
          )}
        </div>
      ) : mine ? (
        <p className="text-sm text-(--muted)">{text("theirsLater")}</p>
      ) : null}
      {reporting && theirs ? (
        <FormDialog
          title={text("reportTitle")}
          about={text("reportAbout")}
          submit={text("reportSubmit")}
          pending={text("sending")}
          describeError={describeError}
          onSubmit={async (values) => {
            await reportRating(theirs.id, values("reason").trim());
            setReporting(false);
            setReported(true);
          }}
          onClose={() => setReporting(false)}
        >
          {(form) => <TextArea name="reason" label={text("reportReason")} required maxLength={500} error={form.errorOf("reason")} />}
        </FormDialog>
      ) : null}
    </div>
  );
}

function OneRating({ label, rating: { stars, reasons, comment } }: { label: string; rating: Rating }) {
  const text = useTranslations("rating");
  return (
    <section aria-label={label} className="rounded-2xl border border-(--border) bg-(--surface) p-4">
      <p className="mb-1.5 font-medium">{label}</p>
      <Stars stars={stars} label={text("starName", { stars })} />
      {reasons.length ? <p className="mt-1.5 text-sm">{reasons.map((reason) => (text.has(`reasons.${reason}` as never) ? text(`reasons.${reason}` as never) : reason)).join(" · ")}</p> : null}
      {comment ? <p className="mt-1.5 text-sm wrap-anywhere text-(--muted)">{comment}</p> : null}
    </section>
  );
}
