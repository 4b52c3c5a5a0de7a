import { createRootRoute, createRoute, createRouter, redirect, type RouterHistory } from "@tanstack/react-router";

import { hasSession, restoreSession } from "../lib/session.ts";
import { AccountPage } from "./AccountPage.tsx";
import { BikesPage } from "./BikesPage.tsx";
import { CrashPage } from "./CrashPage.tsx";
import { DrivingPage } from "./DrivingPage.tsx";
import { ResetPage } from "./ResetPage.tsx";
import { RidesPage } from "./RidesPage.tsx";
import { RootLayout } from "./RootLayout.tsx";
import { SignedInLayout } from "./SignedInLayout.tsx";
import { SignInPage } from "./SignInPage.tsx";
import { SignUpPage } from "./SignUpPage.tsx";

const rootRoute = createRootRoute({ component: RootLayout, beforeLoad: restoreSession });

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: SignedInLayout,
  beforeLoad: () => {
    if (!hasSession()) redirect({ to: "/sign-in", throw: true });
  },
});

const accountRoute = createRoute({ getParentRoute: () => signedInRoute, path: "/", component: AccountPage });
const ridesRoute = createRoute({ getParentRoute: () => signedInRoute, path: "rides", component: RidesPage });
const bikesRoute = createRoute({ getParentRoute: () => signedInRoute, path: "bikes", component: BikesPage });
const drivingRoute = createRoute({ getParentRoute: () => signedInRoute, path: "driving", component: DrivingPage });

/** Pages for people without a session lead those who have one to their account. */
const withoutSession = () => {
  if (hasSession()) redirect({ to: "/", throw: true });
};

const signInRoute = createRoute({ getParentRoute: () => rootRoute, path: "sign-in", component: SignInPage, beforeLoad: withoutSession });
const signUpRoute = createRoute({ getParentRoute: () => rootRoute, path: "sign-up", component: SignUpPage, beforeLoad: withoutSession });
const resetRoute = createRoute({ getParentRoute: () => rootRoute, path: "reset", component: ResetPage });

const routeTree = rootRoute.addChildren([signedInRoute.addChildren([accountRoute, ridesRoute, bikesRoute, drivingRoute]), signInRoute, signUpRoute, resetRoute]);

export const createAccountRouter = (history?: RouterHistory) =>
  createRouter({ routeTree, basepath: "/account", defaultErrorComponent: CrashPage, defaultNotFoundComponent: SignInPage, ...(history ? { history } : {}) });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAccountRouter>;
  }
}
