import { queryOptions } from "@tanstack/react-query";

import { http } from "../session.ts";
import type { UserView } from "./types.ts";

export type AccountRole = UserView["roles"][number];

const pathOf = (userId: string) => `/admin/users/${encodeURIComponent(userId)}`;

export const userQueries = {
  all: () => ["users"] as const,

  /** The account with that phone number or id; without one, the operators. */
  find: (q: string | undefined) =>
    queryOptions({
      queryKey: [...userQueries.all(), "find", q ?? null],
      queryFn: async () => (await http.get<{ items: UserView[] }>("/admin/users", { params: { q } })).data.items,
    }),
};

export const changeRoles = async (userId: string, roles: readonly string[], reason: string) => (await http.put<UserView>(`${pathOf(userId)}/roles`, { roles, reason })).data;

export const banUser = async (userId: string, reason: string) => (await http.post<UserView>(`${pathOf(userId)}/ban`, { reason })).data;

export const liftBan = async (userId: string) => (await http.delete<UserView>(`${pathOf(userId)}/ban`)).data;

/** Removes the authenticator app of another person, who is signed out everywhere. */
export const removeTotpOf = async (userId: string): Promise<void> => {
  await http.delete(`${pathOf(userId)}/totp`);
};
