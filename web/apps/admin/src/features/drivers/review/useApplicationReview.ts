import { toProblem } from "@supportcarr/client/http";
import { problemText } from "@supportcarr/ui/form/useSubmission";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { driverQueries, reviewDocument, type VersionedDriver } from "../../../lib/api/drivers.ts";
import type { DocumentReview, DriverRow, ReviewDocument } from "../../../lib/api/types.ts";
import { ChangedMeanwhile, describeDocumentMeanwhile, describeMeanwhile, isConflict } from "./meanwhile.ts";

export interface ApplicationReviewState {
  busy: boolean;
  /** Why the last decision was not taken. */
  failure: string | null;
  /** Takes a decision about the version on the screen.  Rejects if it was not taken. */
  decide: (decision: (etag: string | undefined) => Promise<VersionedDriver>) => Promise<void>;
  /** Decides about a document, and resolves to the application after that. */
  decideDocument: (document: ReviewDocument, review: DocumentReview) => Promise<DriverRow>;
  /** Gets new links to the pictures, and says so if the application has changed as well. */
  refresh: () => Promise<void>;
  /** For decisions outside a dialog: their failure is shown on the page. */
  attempt: (action: () => Promise<unknown>) => void;
}

const sentenceOf = (error: unknown): string => {
  if (error instanceof ChangedMeanwhile) return error.sentence;
  const problem = toProblem(error);
  return problem.errors?.map(({ detail }) => detail).join(" ") || problemText(problem);
};

/** Decisions about one application.  One at a time; whatever happened to it meanwhile is told instead of overwritten. */
export function useApplicationReview({ driver, etag }: VersionedDriver): ApplicationReviewState {
  const client = useQueryClient();
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const detail = driverQueries.detail(driver.id);

  const reload = () => client.query({ ...detail, staleTime: 0 });
  const listsChanged = () => void client.invalidateQueries({ queryKey: driverQueries.lists() });

  /** Replaces a conflict by what happened: to the document that the decision was about, or to the application. */
  async function explain(error: unknown, document?: ReviewDocument): Promise<never> {
    if (!isConflict(error)) throw error;
    const now = await reload();
    listsChanged();
    const ofDocument = document ? describeDocumentMeanwhile(document, now.driver) : null;
    const sentence = ofDocument ?? (now.etag === etag ? null : describeMeanwhile(driver, now.driver));
    if (sentence === null) throw error;
    setFailure(sentence);
    throw new ChangedMeanwhile(sentence);
  }

  async function exclusively<Result>(action: () => Promise<Result>): Promise<Result> {
    running.current = true;
    setBusy(true);
    setFailure(null);
    try {
      return await action();
    } finally {
      running.current = false;
      setBusy(false);
    }
  }

  return {
    busy,
    failure,
    decide: (decision) =>
      exclusively(async () => {
        const decided = await decision(etag).catch((error: unknown) => explain(error));
        client.setQueryData(detail.queryKey, decided);
        listsChanged();
      }),
    decideDocument: (document, review) =>
      exclusively(async () => {
        await reviewDocument(document, review).catch((error: unknown) => explain(error, document));
        const now = (await reload()).driver;
        const decided = now.decision?.at !== driver.decision?.at || now.application_state !== driver.application_state;
        if (decided) setFailure(describeMeanwhile(driver, now, true));
        return now;
      }),
    refresh: async () => {
      const now = await reload();
      if (now.etag !== etag) setFailure(describeMeanwhile(driver, now.driver, true));
    },
    attempt: (action) => {
      if (!running.current) action().catch((error: unknown) => setFailure(sentenceOf(error)));
    },
  };
}
