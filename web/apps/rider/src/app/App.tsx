import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { startPhoneApp } from "@supportcarr/pwa/phoneApp";
import { UpdateNotice } from "@supportcarr/pwa/UpdateNotice";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";

import { loadMessages } from "../lib/messages/load.ts";
import { queue } from "../lib/queue.ts";
import { onPersonChange, personId, restoreSession, useSession } from "../lib/session.ts";
import { isKeptOffline } from "./keptOffline.ts";
import { createQueryClient } from "./queryClient.ts";
import { createAppRouter } from "./router.ts";

const queryClient = createQueryClient();
const router = createAppRouter();

startPhoneApp({ app: "rider", scope: "/", session: { personId, onPersonChange, restoreSession, useSession }, queryClient, isKept: isKeptOffline, queue });

export function App() {
  return (
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <UpdateNotice />
      </QueryClientProvider>
    </IntlProvider>
  );
}
