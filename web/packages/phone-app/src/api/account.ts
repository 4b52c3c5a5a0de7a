import { createAccountApi } from "@supportcarr/client/account";
import { toProblem } from "@supportcarr/client/http";
import { queryOptions } from "@tanstack/react-query";
import type { AxiosInstance } from "axios";

import type { AccountChange } from "./types.ts";

const POLL_MS = 2_000;

function nullIfMissing(error: unknown): null {
  if (toProblem(error).status === 404) return null;
  throw error;
}

/** The person's own account: requests, and queries for screens.  `onRenewed` puts a new access token in place. */
export function createAccountRequests(http: AxiosInstance, onRenewed: (accessToken: string) => void) {
  const account = createAccountApi(http, onRenewed);

  const accountQueries = {
    all: () => ["account"] as const,

    me: () => queryOptions({ queryKey: [...accountQueries.all(), "me"], queryFn: account.me }),

    sessions: () => queryOptions({ queryKey: [...accountQueries.all(), "sessions"], queryFn: account.sessions }),

    /** A copy of the person's data; asked again until it is ready. `null` if it has expired. */
    dataExport: (id: string) =>
      queryOptions({
        queryKey: [...accountQueries.all(), "export", id],
        queryFn: () => account.exportOf(id).catch(nullIfMissing),
        refetchInterval: ({ state }) => (state.data?.state === "preparing" ? POLL_MS : false),
      }),

    /** The deletion that waits for its time; `null` if there is none. */
    deletion: () => queryOptions({ queryKey: [...accountQueries.all(), "deletion"], queryFn: () => account.deletion().catch(nullIfMissing) }),
  };

  return {
    account,
    accountQueries,

    /** Changes the name or preferences; what is left out stays as it is. */
    changeAccount: async (change: AccountChange): Promise<void> => {
      await http.patch("/me", change);
    },

    /** Sends a code to another number; `password` is needed unless the person has signed in a moment ago. */
    changePhone: async (phone: string, password?: string): Promise<void> => {
      await http.post("/me/phone", { phone, password });
    },

    /** Puts the number that the code was sent to in the place of the account's. */
    confirmPhone: async (code: string): Promise<void> => {
      await http.post("/me/phone/confirmation", { code });
    },

    /** Makes a rider a driver too. */
    becomeDriver: async (): Promise<void> => {
      const { data } = await http.post<{ access_token: string }>("/me/roles", { role: "driver" });
      onRenewed(data.access_token);
    },
  };
}
