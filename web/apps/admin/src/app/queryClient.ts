import { toProblem } from "@supportcarr/client/http";
import { RenewingQueryClient } from "@supportcarr/client/queries";
import type { QueryClient } from "@tanstack/react-query";

const MAX_RETRIES = 2;

/** A client error (4xx) stays the same however often the request is repeated. */
const isPermanent = (error: Error): boolean => {
  const { status } = toProblem(error);
  return status >= 400 && status < 500 && status !== 429;
};

/** Without a connection a request fails, and the page says so, instead of waiting in silence for the browser's network. */
export const createQueryClient = (): QueryClient =>
  new RenewingQueryClient({
    defaultOptions: {
      queries: { retry: (failures, error) => failures < MAX_RETRIES && !isPermanent(error), refetchOnWindowFocus: false, networkMode: "always" },
      mutations: { networkMode: "always" },
    },
  });
