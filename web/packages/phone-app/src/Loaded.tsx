import { toProblem } from "@supportcarr/client/http";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { AxiosError } from "axios";
import { CloudOff, SearchX } from "lucide-react";
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
  /** Of the outline and of the reason, where they do not stand within a screen's own margins. */
  className?: string;
  children: (data: Data) => ReactNode;
}

/** What a query has loaded; until then its outline, or why it could not and a way to try again. */
export function Loaded<Data>({ query, lines = 3, loading, className = "", children }: LoadedProps<Data>) {
  const text = useTranslations("common");
  const sentence = useProblemText();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  const paused = query.fetchStatus === "paused";
  if (!query.isError && !paused) return <>{loading ?? <Skeleton label={text("loading")} lines={lines} className={className} />}</>;
  const error = query.isError ? query.error : new AxiosError();
  const { status } = toProblem(error);
  return (
    <div role="alert" className={`rounded-2xl border border-(--border) bg-(--surface) px-5 py-6 text-center ${className}`}>
      <span aria-hidden="true" className="mx-auto mb-3 grid size-12 place-items-center rounded-full bg-(--hover) text-(--muted)">
        {status === 404 ? <SearchX className="size-6" /> : <CloudOff className="size-6" />}
      </span>
      <p className="font-medium text-balance">{status === 404 ? text("notFound") : sentence(error)}</p>
      {status === 404 ? null : (
        <Button variant="secondary" className="mt-4" onClick={() => void query.refetch()}>
          {text("tryAgain")}
        </Button>
      )}
    </div>
  );
}
