import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";

import { FollowScreen } from "../features/follow/FollowScreen.tsx";
import { loadMessages } from "../lib/messages/load.ts";
import { useToken } from "../lib/token.ts";

const queryClient = new QueryClient();

/** The page that a share link opens; the token stays in the fragment, which no browser sends. */
export function App() {
  const token = useToken();
  return (
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <FollowScreen key={token} token={token} />
      </QueryClientProvider>
    </IntlProvider>
  );
}
