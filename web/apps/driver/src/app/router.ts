import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, type RouterHistory } from "@tanstack/react-router";

import { WelcomeScreen } from "../features/entry/WelcomeScreen.tsx";
import { HomeScreen } from "../features/home/HomeScreen.tsx";
import { hasSession, restoreSession } from "../lib/session.ts";
import { report } from "@supportcarr/client/telemetry";
import { CrashScreen } from "@supportcarr/phone-app/shell/CrashScreen";
import { NotFoundScreen } from "@supportcarr/phone-app/shell/NotFoundScreen";
import { PendingScreen } from "@supportcarr/phone-app/shell/PendingScreen";
import { RootLayout } from "@supportcarr/phone-app/shell/RootLayout";
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
const signInRoute = createRoute({ getParentRoute: () => entryRoute, path: "sign-in", component: lazyRouteComponent(() => import("@supportcarr/phone-app/entry/SignInScreen"), "SignInScreen") });
const signUpRoute = createRoute({ getParentRoute: () => entryRoute, path: "sign-up", component: lazyRouteComponent(() => import("@supportcarr/phone-app/entry/SignUpScreen"), "SignUpScreen") });
const resetRoute = createRoute({ getParentRoute: () => rootRoute, path: "reset", component: lazyRouteComponent(() => import("@supportcarr/phone-app/entry/ResetScreen"), "ResetScreen") });
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
const homeRoute = createRoute({ getParentRoute: () => tabsRoute, path: "/", component: HomeScreen });
const earningsRoute = createRoute({ getParentRoute: () => tabsRoute, path: "earnings", component: lazyRouteComponent(() => import("../features/earnings/EarningsScreen.tsx"), "EarningsScreen") });
const inboxRoute = createRoute({ getParentRoute: () => tabsRoute, path: "inbox", component: lazyRouteComponent(() => import("@supportcarr/phone-app/inbox/InboxScreen"), "InboxScreen") });
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
const preferencesRoute = createRoute({ getParentRoute: () => signedInRoute, path: "account/preferences", component: lazyRouteComponent(() => import("@supportcarr/phone-app/account/PreferencesScreen"), "PreferencesScreen") });
const profileRoute = createRoute({ getParentRoute: () => signedInRoute, path: "account/profile", component: lazyRouteComponent(() => import("@supportcarr/phone-app/account/ProfileScreen"), "ProfileScreen") });
const securityRoute = createRoute({ getParentRoute: () => signedInRoute, path: "account/security", component: lazyRouteComponent(() => import("@supportcarr/phone-app/account/SecurityScreen"), "SecurityScreen") });
const privacyRoute = createRoute({ getParentRoute: () => signedInRoute, path: "account/privacy", component: lazyRouteComponent(() => import("@supportcarr/phone-app/account/PrivacyScreen"), "PrivacyScreen") });

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
    privacyRoute,
  ]),
]);

export const createAppRouter = (history?: RouterHistory) =>
  createRouter({ routeTree, basepath: "/driver", defaultPendingComponent: PendingScreen, defaultPreload: "intent", defaultOnCatch: report, ...(history ? { history } : {}) });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
