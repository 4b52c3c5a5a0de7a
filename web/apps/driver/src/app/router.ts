import { createRootRoute, createRoute, createRouter, redirect, type RouterHistory } from "@tanstack/react-router";

import { hasSession, restoreSession } from "../lib/session.ts";
import { HomePage } from "./HomePage.tsx";
import { SignInPage } from "./SignInPage.tsx";

const rootRoute = createRootRoute({ beforeLoad: restoreSession });

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  beforeLoad: () => {
    if (!hasSession()) redirect({ to: "/sign-in", throw: true });
  },
});

const homeRoute = createRoute({ getParentRoute: () => signedInRoute, path: "/", component: HomePage });
const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "sign-in",
  component: SignInPage,
  beforeLoad: () => {
    if (hasSession()) redirect({ to: "/", throw: true });
  },
});

const routeTree = rootRoute.addChildren([signedInRoute.addChildren([homeRoute]), signInRoute]);

export const createAppRouter = (history?: RouterHistory) => createRouter({ routeTree, basepath: "/driver", ...(history ? { history } : {}) });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
