import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, type RouterHistory } from "@tanstack/react-router";

import { WelcomeScreen } from "../features/entry/WelcomeScreen.tsx";
import { hasSession, restoreSession } from "../lib/session.ts";
import { CrashScreen } from "./CrashScreen.tsx";
import { NotFoundScreen } from "./NotFoundScreen.tsx";
import { PendingScreen } from "./PendingScreen.tsx";
import { RootLayout } from "./RootLayout.tsx";
import { SignedInLayout } from "./SignedInLayout.tsx";
import { TabLayout } from "./TabLayout.tsx";

const rootRoute = createRootRoute({ component: RootLayout, beforeLoad: restoreSession, notFoundComponent: NotFoundScreen, errorComponent: CrashScreen });

// --- without a session ----------------------------------------------------------------------

const entryRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "entry",
  beforeLoad: () => {
    if (hasSession()) redirect({ to: "/", throw: true });
  },
});
const welcomeRoute = createRoute({ getParentRoute: () => entryRoute, path: "welcome", component: WelcomeScreen });
const signInRoute = createRoute({ getParentRoute: () => entryRoute, path: "sign-in", component: lazyRouteComponent(() => import("../features/entry/SignInScreen.tsx"), "SignInScreen") });
const signUpRoute = createRoute({ getParentRoute: () => entryRoute, path: "sign-up", component: lazyRouteComponent(() => import("../features/entry/SignUpScreen.tsx"), "SignUpScreen") });
const resetRoute = createRoute({ getParentRoute: () => rootRoute, path: "reset", component: lazyRouteComponent(() => import("../features/entry/ResetScreen.tsx"), "ResetScreen") });
const helpRoute = createRoute({ getParentRoute: () => rootRoute, path: "help", component: lazyRouteComponent(() => import("../features/help/HelpScreen.tsx"), "HelpScreen") });

// --- with a session -------------------------------------------------------------------------

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: SignedInLayout,
  beforeLoad: () => {
    if (!hasSession()) redirect({ to: "/welcome", throw: true });
  },
});
const verifyRoute = createRoute({ getParentRoute: () => signedInRoute, path: "verify", component: lazyRouteComponent(() => import("../features/entry/VerifyScreen.tsx"), "VerifyScreen") });

const tabsRoute = createRoute({ getParentRoute: () => signedInRoute, id: "tabs", component: TabLayout });
const homeRoute = createRoute({ getParentRoute: () => tabsRoute, path: "/", component: lazyRouteComponent(() => import("../features/home/HomeScreen.tsx"), "HomeScreen") });
const earningsRoute = createRoute({ getParentRoute: () => tabsRoute, path: "earnings", component: lazyRouteComponent(() => import("../features/earnings/EarningsScreen.tsx"), "EarningsScreen") });
const inboxRoute = createRoute({ getParentRoute: () => tabsRoute, path: "inbox", component: lazyRouteComponent(() => import("../features/inbox/InboxScreen.tsx"), "InboxScreen") });
const accountRoute = createRoute({ getParentRoute: () => tabsRoute, path: "account", component: lazyRouteComponent(() => import("../features/account/AccountScreen.tsx"), "AccountScreen") });

const applyRoute = createRoute({ getParentRoute: () => signedInRoute, path: "apply", component: lazyRouteComponent(() => import("../features/application/ApplicationScreen.tsx"), "ApplicationScreen") });
const papersRoute = createRoute({ getParentRoute: () => signedInRoute, path: "apply/statement", component: lazyRouteComponent(() => import("../features/application/StatementScreen.tsx"), "StatementScreen") });
const documentRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "apply/documents/$kind",
  component: lazyRouteComponent(() => import("../features/application/DocumentScreen.tsx"), "DocumentScreen"),
});

const jobRoute = createRoute({ getParentRoute: () => signedInRoute, path: "job/$rescueId", component: lazyRouteComponent(() => import("../features/job/JobScreen.tsx"), "JobScreen") });
const chatRoute = createRoute({ getParentRoute: () => signedInRoute, path: "job/$rescueId/chat", component: lazyRouteComponent(() => import("../features/chat/ChatScreen.tsx"), "ChatScreen") });

const vehiclesRoute = createRoute({ getParentRoute: () => signedInRoute, path: "vehicles", component: lazyRouteComponent(() => import("../features/vehicles/VehiclesScreen.tsx"), "VehiclesScreen") });
const vehicleRoute = createRoute({ getParentRoute: () => signedInRoute, path: "vehicles/$vehicleId", component: lazyRouteComponent(() => import("../features/vehicles/VehicleScreen.tsx"), "VehicleScreen") });
const ratingsRoute = createRoute({ getParentRoute: () => signedInRoute, path: "ratings", component: lazyRouteComponent(() => import("../features/earnings/RatingsScreen.tsx"), "RatingsScreen") });
const shiftsRoute = createRoute({ getParentRoute: () => signedInRoute, path: "shifts", component: lazyRouteComponent(() => import("../features/earnings/ShiftsScreen.tsx"), "ShiftsScreen") });
const preferencesRoute = createRoute({ getParentRoute: () => signedInRoute, path: "account/preferences", component: lazyRouteComponent(() => import("../features/account/PreferencesScreen.tsx"), "PreferencesScreen") });
const profileRoute = createRoute({ getParentRoute: () => signedInRoute, path: "account/profile", component: lazyRouteComponent(() => import("../features/account/ProfileScreen.tsx"), "ProfileScreen") });
const securityRoute = createRoute({ getParentRoute: () => signedInRoute, path: "account/security", component: lazyRouteComponent(() => import("../features/account/SecurityScreen.tsx"), "SecurityScreen") });

const routeTree = rootRoute.addChildren([
  entryRoute.addChildren([welcomeRoute, signInRoute, signUpRoute]),
  resetRoute,
  helpRoute,
  signedInRoute.addChildren([
    verifyRoute,
    tabsRoute.addChildren([homeRoute, earningsRoute, inboxRoute, accountRoute]),
    applyRoute,
    papersRoute,
    documentRoute,
    jobRoute,
    chatRoute,
    vehiclesRoute,
    vehicleRoute,
    ratingsRoute,
    shiftsRoute,
    preferencesRoute,
    profileRoute,
    securityRoute,
  ]),
]);

export const createAppRouter = (history?: RouterHistory) =>
  createRouter({ routeTree, basepath: "/driver", defaultPendingComponent: PendingScreen, defaultPreload: "intent", ...(history ? { history } : {}) });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
