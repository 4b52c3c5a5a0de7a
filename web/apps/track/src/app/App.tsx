import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";

import { FollowScreen } from "../features/follow/FollowScreen.tsx";
import { loadMessages } from "../lib/messages/load.ts";
import { useToken } from "../lib/token.ts";

/** The page that a share link opens; the token stays in the fragment, which no browser sends. */
export function App() {
  const token = useToken();
  return (
    <IntlProvider load={loadMessages}>
      <SharedRescuePage key={token} token={token} />
    </IntlProvider>
  );
}

/** What was loaded belongs to one link.  Without a network it is asked again all the same: that it fails is to be seen. */
function SharedRescuePage({ token }: { token: string }) {
  const [queryClient] = useState(() => new QueryClient({ defaultOptions: { queries: { networkMode: "always" } } }));
  return (
    <QueryClientProvider client={queryClient}>
      <FollowScreen token={token} />
    </QueryClientProvider>
  );
}
