import { StepUpDialog } from "@supportcarr/ui/account/StepUpDialog";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";

import { stepUp } from "../lib/stepUp.ts";
import { createQueryClient } from "./queryClient.ts";
import { createAccountRouter } from "./router.ts";

const queryClient = createQueryClient();
const router = createAccountRouter();

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <StepUpDialog stepUp={stepUp} />
    </QueryClientProvider>
  );
}
