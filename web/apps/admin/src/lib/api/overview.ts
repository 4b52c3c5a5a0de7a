import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { Overview } from "./types.ts";

export const overviewQueries = {
  all: () => ["overview"] as const,

  area: (areaId: string) =>
    queryOptions({
      queryKey: [...overviewQueries.all(), areaId],
      queryFn: async () => (await http.get<Overview>("/admin/overview", { params: { area: areaId } })).data,
      refetchInterval: 3_000,
    }),
};
