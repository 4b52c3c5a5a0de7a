import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { PhoneAppContext } from "@supportcarr/phone-app/PhoneAppContext";
import { startPhoneApp } from "@supportcarr/pwa/phoneApp";
import { useNotificationTarget } from "@supportcarr/pwa/register";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";

import { loadMessages } from "../lib/messages/load.ts";
import { queue } from "../lib/queue.ts";
import { photoQueue } from "../lib/photoUploads.ts";
import { phoneApp } from "../lib/session.ts";
import { queryClient } from "../start.ts";
import { forgetPerson } from "./forgetPerson.ts";
import { isKeptOffline } from "./keptOffline.ts";
import { createAppRouter } from "./router.ts";

const router = createAppRouter();

startPhoneApp({ app: "rider", scope: "/", session: phoneApp.session, queryClient, isKept: isKeptOffline, queues: [queue, photoQueue], forget: forgetPerson });

const app = { ...phoneApp, queue };

/** A pressed notification leads to its screen without loading the page again. */
const openPath = (path: string) => router.history.push(path);

export function App() {
  useNotificationTarget(openPath);
  return (
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <PhoneAppContext.Provider value={app}>
          <RouterProvider router={router} />
        </PhoneAppContext.Provider>
      </QueryClientProvider>
    </IntlProvider>
  );
}
