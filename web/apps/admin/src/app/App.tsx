import { loadConfig } from "@supportcarr/client/src/config.ts";
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { SignIn } from "../features/sign-in/SignIn.tsx";
import { AreaContext } from "../lib/area.ts";
import { useSession } from "../lib/session.ts";
import { texts } from "../lib/texts.ts";
import { Broken, Message } from "./Broken.tsx";
import { Console } from "./Console.tsx";

const queries = new QueryClient({ defaultOptions: { queries: { retry: 2, refetchOnWindowFocus: false } } });

export function App() {
  return (
    <Broken>
      <QueryClientProvider client={queries}>
        <Door />
      </QueryClientProvider>
    </Broken>
  );
}

function Door() {
  const signedIn = useSession((session) => session.tokens !== null);
  const kept = useQueryClient();
  // What one person read is not for the next.
  useEffect(() => {
    if (!signedIn) kept.clear();
  }, [signedIn, kept]);
  return signedIn ? <Inside /> : <SignIn />;
}

function Inside() {
  const config = useQuery({ queryKey: ["config"], queryFn: loadConfig, staleTime: Infinity });
  if (config.data) {
    const [area] = config.data.areas;
    if (!area) return <Message title={texts.page.noArea} action={texts.tryAgain} onAction={() => void config.refetch()} />;
    return (
      <AreaContext.Provider value={area}>
        <Console config={config.data} />
      </AreaContext.Provider>
    );
  }
  if (!config.isError) return <p className="p-8 text-(--quiet)">{texts.loading}</p>;
  return <Message title={texts.page.unreachable} action={texts.tryAgain} onAction={() => void config.refetch()} />;
}
