import { fetchConfig, type PublicConfig } from "@supportcarr/client/config";
import { queryOptions } from "@tanstack/react-query";

export const configQueries = {
  current: () => queryOptions({ queryKey: ["config"], queryFn: fetchConfig, staleTime: Infinity }),
};

export type { PublicConfig };
