import { createAccountApi } from "@supportcarr/client/account";
import { queryOptions } from "@tanstack/react-query";

import { http, signedIn } from "../session.ts";

export const ownAccount = createAccountApi(http, signedIn);

export const ownAccountQueries = {
  all: () => ["own-account"] as const,
  me: () => queryOptions({ queryKey: [...ownAccountQueries.all(), "me"], queryFn: ownAccount.me }),
  sessions: () => queryOptions({ queryKey: [...ownAccountQueries.all(), "sessions"], queryFn: ownAccount.sessions }),
};
