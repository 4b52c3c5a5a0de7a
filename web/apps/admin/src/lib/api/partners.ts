import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { CreatedKey, NewKey, Partner, PartnerKey } from "./types.ts";

const PAGE = 50;
const PARTNERS_READ = 200;

const keysOf = (partnerId: string) => `/admin/partners/${encodeURIComponent(partnerId)}/keys`;

interface PartnerPage {
  items: Partner[];
  next_cursor?: string | null;
}

export const partnerQueries = {
  all: () => ["partners"] as const,

  /** Partners, newest first. */
  list: () =>
    infiniteQueryOptions({
      queryKey: [...partnerQueries.all(), "list"],
      queryFn: async ({ pageParam }) => (await http.get<PartnerPage>("/admin/partners", { params: { limit: PAGE, cursor: pageParam } })).data,
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),

  /** One partner; `null` if there is none.  No route reads one, so the pages of the list are searched. */
  detail: (partnerId: string) =>
    queryOptions({
      queryKey: [...partnerQueries.all(), "detail", partnerId],
      queryFn: async () => {
        let cursor: string | undefined;
        do {
          const { data } = await http.get<PartnerPage>("/admin/partners", { params: { limit: PARTNERS_READ, cursor } });
          const found = data.items.find(({ id }) => id === partnerId);
          if (found) return found;
          cursor = data.next_cursor ?? undefined;
        } while (cursor);
        return null;
      },
    }),

  /** The keys of a partner, newest first. */
  keys: (partnerId: string) =>
    queryOptions({
      queryKey: [...partnerQueries.all(), "keys", partnerId],
      queryFn: async () => (await http.get<{ items: PartnerKey[] }>(keysOf(partnerId))).data.items,
    }),
};

export const createPartner = async (name: string) => (await http.post<Partner>("/admin/partners", { name })).data;

export const createKey = async (partnerId: string, key: NewKey) => (await http.post<CreatedKey>(keysOf(partnerId), key)).data;

export const rotateKey = async (partnerId: string, keyId: string, overlapSeconds: number) =>
  (await http.post<CreatedKey>(`${keysOf(partnerId)}/${encodeURIComponent(keyId)}/rotation`, { overlap_seconds: overlapSeconds })).data;

export const revokeKey = async (partnerId: string, keyId: string): Promise<void> => {
  await http.delete(`${keysOf(partnerId)}/${encodeURIComponent(keyId)}`);
};
