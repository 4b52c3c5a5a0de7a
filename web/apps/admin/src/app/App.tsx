import { StepUpDialog } from "@supportcarr/ui/account/StepUpDialog";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";

import { stepUp } from "../lib/stepUp.ts";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { createQueryClient } from "./queryClient.ts";
import { createConsoleRouter } from "./router.ts";

const queryClient = createQueryClient();
const router = createConsoleRouter(queryClient);

export function App() {
  return (
    <ErrorBoundary>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <StepUpDialog stepUp={stepUp} />
      </QueryClientProvider>
    </ErrorBoundary>
  );
}
