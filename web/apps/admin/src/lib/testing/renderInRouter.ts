import { type AnyRouter, createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { act, render } from "@testing-library/react";
import { createElement, type ReactNode } from "react";

import { parseSearch, stringifySearch, validateSearch } from "../search.ts";

/** Renders an element on every page of a router that has the paths of the console, at `url`. */
export async function renderInRouter(element: ReactNode, url = "/"): Promise<AnyRouter> {
  const rootRoute = createRootRoute({ component: () => element, validateSearch });
  const routeTree = rootRoute.addChildren([
    createRoute({ getParentRoute: () => rootRoute, path: "/" }),
    createRoute({ getParentRoute: () => rootRoute, path: "rescues/$rescueId" }),
  ]);
  const router: AnyRouter = createRouter({ routeTree, parseSearch, stringifySearch, scrollRestoration: () => false, history: createMemoryHistory({ initialEntries: [url] }) });
  await act(() => router.load());
  render(createElement(RouterProvider, { router }));
  return router;
}
