import { Badge } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { FormDialog } from "@supportcarr/ui/form/FormDialog";
import { TextArea } from "@supportcarr/ui/form/TextArea";
import { Notice } from "@supportcarr/ui/Notice";
import { QueryState } from "@supportcarr/ui/QueryState";
import { Stars } from "@supportcarr/ui/Stars";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { decideRating, ratingQueries } from "../../lib/api/ratings.ts";
import type { RatingReview } from "../../lib/api/types.ts";
import { formatDateTime, shortId } from "../../lib/format.ts";
import { describeCode, texts } from "../../lib/texts.ts";

const text = texts.ratings;

type Decision = "keep" | "hide";

/** Low ratings and reports of abuse: each is kept or hidden. */
export function RatingQueue() {
  const ratings = useInfiniteQuery(ratingQueries.open());
  const queryClient = useQueryClient();
  const [deciding, setDeciding] = useState<{ rating: RatingReview; decision: Decision } | null>(null);
  const [done, setDone] = useState<string | null>(null);
  return (
    <div className="max-w-3xl space-y-4">
      {done ? <Notice tone="success">{done}</Notice> : null}
      <QueryState query={ratings}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <EmptyState title={text.none}>{text.noneHelp}</EmptyState>;
          return (
            <>
              <ul className="space-y-3">
                {items.map((rating) => (
                  <RatingCard key={rating.id} rating={rating} onDecide={(decision) => setDeciding({ rating, decision })} />
                ))}
              </ul>
              {ratings.hasNextPage ? (
                <Button variant="secondary" disabled={ratings.isFetchingNextPage} onClick={() => void ratings.fetchNextPage()}>
                  {text.more}
                </Button>
              ) : null}
            </>
          );
        }}
      </QueryState>
      {deciding ? (
        <FormDialog
          title={text.decideTitle[deciding.decision]}
          about={text.decideAbout[deciding.decision]}
          submit={text.decide[deciding.decision]}
          pending={text.saving}
          tone={deciding.decision === "hide" ? "danger" : "primary"}
          onSubmit={async (values) => {
            await decideRating(deciding.rating.id, deciding.decision, values("note").trim());
            await queryClient.invalidateQueries({ queryKey: ratingQueries.all() });
            setDone(text.decided[deciding.decision]);
            setDeciding(null);
          }}
          onClose={() => setDeciding(null)}
        >
          {(form) => <TextArea name="note" label={text.note} maxLength={500} hint={text.noteHint} error={form.errorOf("note")} />}
        </FormDialog>
      ) : null}
    </div>
  );
}

function RatingCard({ rating, onDecide }: { rating: RatingReview; onDecide: (decision: Decision) => void }) {
  const { report } = rating;
  return (
    <li aria-label={text.ratingOf(rating.stars)} className="rounded-xl border border-(--border) bg-(--surface) p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Stars stars={rating.stars} label={text.ratingOf(rating.stars)} />
        <span className="mr-auto text-sm">{text.direction(describeCode(rating.by.role), describeCode(rating.about.role))}</span>
        <Badge tone={report ? "danger" : "warning"}>{report ? text.reported : text.low}</Badge>
      </div>
      {rating.reasons.length ? <p className="mt-2 text-sm">{rating.reasons.map(describeCode).join(" · ")}</p> : null}
      {rating.comment ? <blockquote className="mt-2 border-l-2 border-(--border-strong) pl-3 text-sm wrap-anywhere">{rating.comment}</blockquote> : null}
      {rating.stars_in_return ? <p className="mt-2 text-sm text-(--muted)">{text.inReturn(rating.stars_in_return)}</p> : null}
      {report ? <p className="mt-2 text-sm text-(--muted)">{text.reportedBecause(report.reason)}</p> : null}
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <Button variant="secondary" className="py-1.5! text-sm" onClick={() => onDecide("keep")}>
          {text.keepShort}
        </Button>
        <Button variant="secondary" className="py-1.5! text-sm" onClick={() => onDecide("hide")}>
          {text.hideShort}
        </Button>
        <span className="ml-auto text-xs text-(--muted)">
          <Link to="/rescues/$rescueId" params={{ rescueId: rating.rescue_id }} className="underline underline-offset-4 hover:text-(--text)">
            {text.rescue(shortId(rating.rescue_id))}
          </Link>
          {" · "}
          <time dateTime={rating.created_at}>{formatDateTime(rating.created_at)}</time>
        </span>
      </div>
    </li>
  );
}
