import { toProblem } from "@supportcarr/client/http";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { AxiosError } from "axios";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";

import { Button } from "@supportcarr/ui/Button";
import { useProblemText } from "./useProblemText.ts";

/** What is used of a query's result. */
export interface LoadedQuery<Data> {
  data: Data | undefined;
  isError: boolean;
  error: unknown;
  /** `paused`: it waits for a network. */
  fetchStatus?: "fetching" | "paused" | "idle";
  refetch: () => Promise<unknown>;
}

interface LoadedProps<Data> {
  query: LoadedQuery<Data>;
  lines?: number;
  loading?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** What a query has loaded; until then its outline, or why it could not and a way to try again. */
export function Loaded<Data>({ query, lines = 3, loading, children }: LoadedProps<Data>) {
  const text = useTranslations("common");
  const sentence = useProblemText();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  const paused = query.fetchStatus === "paused";
  if (!query.isError && !paused) return <>{loading ?? <Skeleton label={text("loading")} lines={lines} />}</>;
  const error = query.isError ? query.error : new AxiosError();
  const { status } = toProblem(error);
  return (
    <div role="alert" className="rounded-2xl border border-(--border) bg-(--surface) p-5 text-center">
      <p className="font-medium">{status === 404 ? text("notFound") : sentence(error)}</p>
      {status === 404 ? null : (
        <Button variant="secondary" className="mt-4" onClick={() => void query.refetch()}>
          {text("tryAgain")}
        </Button>
      )}
    </div>
  );
}
