import { toProblem } from "@supportcarr/client/http";
import type { ReactNode } from "react";

import { useUiTexts } from "./texts/useUiTexts.ts";
import { Button } from "./Button.tsx";
import { problemText } from "./form/useSubmission.ts";
import { Notice } from "./Notice.tsx";

/** The part of a query's result that is used. */
export interface QueryResult<Data> {
  data: Data | undefined;
  isError: boolean;
  error: unknown;
  /** `paused`: it waits for a network. */
  fetchStatus?: "fetching" | "paused" | "idle";
  refetch: () => Promise<unknown>;
}

interface QueryStateProps<Data> {
  query: QueryResult<Data>;
  /** What is shown when it has failed for another reason than the network; by default the problem's own text. */
  failed?: (status: number) => string | undefined;
  /** What is shown while it loads; by default a line of text. */
  loading?: ReactNode;
  children: (data: Data) => ReactNode;
}

const NO_RESPONSE = { status: 0, code: "unreachable", title: "", detail: "" };

/** What a query has loaded; until then that it loads, or why it could not and a way to try again. */
export function QueryState<Data>({ query, failed, loading, children }: QueryStateProps<Data>) {
  const uiTexts = useUiTexts();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (!query.isError && query.fetchStatus !== "paused") {
    return loading ? (
      <>{loading}</>
    ) : (
      <p role="status" className="py-4 text-sm text-(--muted)">
        {uiTexts.loading}
      </p>
    );
  }
  const problem = query.isError ? toProblem(query.error) : NO_RESPONSE;
  return (
    <Notice tone="danger" className="[&>svg]:mt-0 [&>svg]:self-center">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <span>{failed?.(problem.status) ?? problemText(problem)}</span>
        {problem.status === 404 ? null : (
          <Button variant="ghost" className="text-current! underline underline-offset-4" onClick={() => void query.refetch()}>
            {uiTexts.tryAgain}
          </Button>
        )}
      </div>
    </Notice>
  );
}
