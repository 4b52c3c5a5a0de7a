import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";

import { loadMessages } from "../lib/messages/load.ts";
import { createQueryClient } from "./queryClient.ts";
import { createAppRouter } from "./router.ts";

const queryClient = createQueryClient();
const router = createAppRouter();

export function App() {
  return (
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </IntlProvider>
  );
}
