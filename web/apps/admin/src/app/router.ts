import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, retainSearchParams, type RouterHistory } from "@tanstack/react-router";

import { rescueQueries } from "../lib/api/rescues.ts";
import { parseSearch, stringifySearch, validateSearch } from "../lib/search.ts";
import { useSession } from "../lib/session.ts";
import { ConsoleLayout } from "./ConsoleLayout.tsx";
import { CrashPage } from "./CrashPage.tsx";
import { NotFoundPage } from "./NotFoundPage.tsx";
import { RescueRoute } from "./RescueRoute.tsx";
import { SessionGate } from "./SessionGate.tsx";

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: SessionGate,
  notFoundComponent: NotFoundPage,
  validateSearch,
  // The tab and the area stay selected while the operator moves between rescues.
  search: { middlewares: [retainSearchParams(["tab", "area"])] },
});

const consoleRoute = createRoute({ getParentRoute: () => rootRoute, id: "console", component: ConsoleLayout });

const indexRoute = createRoute({ getParentRoute: () => consoleRoute, path: "/" });

const rescueRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "rescues/$rescueId",
  component: RescueRoute,
  // Starts the request before the page is rendered; the page itself shows progress and errors.
  loader: ({ context, params }) => {
    if (useSession.getState().token) context.queryClient.query(rescueQueries.detail(params.rescueId)).catch(() => undefined);
  },
});

const routeTree = rootRoute.addChildren([consoleRoute.addChildren([indexRoute, rescueRoute])]);

export const createConsoleRouter = (queryClient: QueryClient, history?: RouterHistory) =>
  createRouter({
    routeTree,
    basepath: "/admin",
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultErrorComponent: CrashPage,
    // The console is one page: without this every navigation would scroll it to the top.
    scrollRestoration: () => false,
    ...(history ? { history } : {}),
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
