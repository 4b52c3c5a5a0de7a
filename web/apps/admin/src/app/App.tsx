import { loadConfig } from "@supportcarr/client/src/config.ts";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";

import { SignIn } from "../features/sign-in/SignIn.tsx";
import { useSession } from "../lib/session.ts";
import { Console } from "./Console.tsx";
import { useTheme } from "./theme.ts";

const queries = new QueryClient({ defaultOptions: { queries: { retry: 2, refetchOnWindowFocus: false } } });

export function App() {
  useTheme();
  return (
    <QueryClientProvider client={queries}>
      <Door />
    </QueryClientProvider>
  );
}

function Door() {
  const signedIn = useSession((session) => session.tokens !== null);
  const config = useQuery({ queryKey: ["config"], queryFn: loadConfig, staleTime: Infinity });
  if (!signedIn) return <SignIn />;
  if (config.isError) return <p className="p-8">SupportCarr cannot be reached. Reload the page to try again.</p>;
  if (!config.data) return <p className="p-8 text-(--quiet)">Loading…</p>;
  return <Console config={config.data} />;
}
